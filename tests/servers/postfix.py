"""A Postfix for home.test: one instance, and a port for each way in which a primary may behave."""

import contextlib
import shutil

from servers.daemon import Daemon, folder, free_ports, mails, needs, until

MAIN = """\
compatibility_level = 3.6
queue_directory = {root}/queue
data_directory = {root}/data
maillog_file = {root}/log
maillog_file_prefixes = {root}
myhostname = primary.home.test
mydestination =
mynetworks = 127.0.0.0/8
inet_protocols = ipv4
# Nothing leaves this machine.
default_transport = discard:not from here
transport_maps = inline:{{ leaves@home.test=gone: }}
smtpd_peername_lookup = no
local_recipient_maps =
alias_maps =
virtual_mailbox_domains = home.test
virtual_mailbox_base = {root}/mail
virtual_mailbox_maps = inline:{{ {boxes} }}
virtual_mailbox_limit = 0
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
virtual_minimum_uid = 100
# The edge takes 25 MiB, Postfix's own limit is 10 MB.
message_size_limit = 52428800
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
"""
MASTER = """\
pickup unix n - n 1 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
discard unix - - n - - discard
gone unix - n n - - pipe
  user=nobody argv=/bin/sh -c {exit 67}
virtual unix - n n - - virtual
postlog unix-dgram n - n - 1 postlogd
anvil unix - - n - 1 anvil
"""
# How each port differs from the plain one.
PORTS = {
    "plain": (),
    "by data": ("smtpd_discard_ehlo_keywords=chunking",),
    "bare": (
        "smtpd_discard_ehlo_keywords=chunking,pipelining,8bitmime,dsn,size",
        "smtputf8_enable=no",
    ),
    "strict": (
        "smtpd_discard_ehlo_keywords=chunking",
        "smtpd_forbid_bare_newline=yes",
        "mynetworks=192.0.2.0/24",
    ),
    "full": ("queue_minfree=9000000000000",),
    "small": ("message_size_limit=1000",),
    "small and silent": ("message_size_limit=1000", "smtpd_discard_ehlo_keywords=size"),
    "small by data": ("message_size_limit=1000", "smtpd_discard_ehlo_keywords=size,chunking"),
    "asking": ("smtpd_recipient_restrictions=check_policy_service inet:127.0.0.1:{policy}",),
    "asking at the end": ("smtpd_end_of_data_restrictions=check_policy_service inet:127.0.0.1:{policy}",),
    "knows us": ("smtpd_authorized_xclient_hosts=127.0.0.1",),
    "wants tls": ("smtpd_tls_security_level=encrypt",),
}
BOXES = ("anna", "watch", "ännä", "leaves")
DIRECTORIES = "active bounce corrupt defer deferred flush hold incoming private saved trace"


class Postfix:
    """A running one; `ports` by name, `policy` the port at which it asks for a policy."""

    def __init__(self, root):
        self.root = root
        self.policy, *numbers = free_ports(len(PORTS) + 1)
        self.ports = dict(zip(PORTS, numbers, strict=True))
        self._make_folders()
        self._write()
        self._daemon = Daemon(needs("master"), "-c", root / "conf", "-d", "-e", "600")
        until(lambda: all(map(self._daemon.answers, self.ports.values())))

    def _make_folders(self):
        for name in ("conf", "queue", "queue/pid", "mail", "data"):
            (self.root / name).mkdir()
        shutil.chown(self.root / "mail", 65534, 65534)
        shutil.chown(self.root / "data", "postfix")
        modes = dict.fromkeys(DIRECTORIES.split(), 0o700) | {"public": 0o710, "maildrop": 0o730}
        for name, mode in modes.items():
            made = self.root / "queue" / name
            made.mkdir()
            made.chmod(mode)
            shutil.chown(made, "postfix", "postdrop" if mode != 0o700 else None)

    def _write(self):
        boxes = ", ".join(f"{{ {name}@home.test={name}/ }}" for name in BOXES)
        (self.root / "conf/main.cf").write_text(MAIN.format(root=self.root, boxes=boxes))
        smtpd = [
            f"127.0.0.1:{self.ports[name]} inet n - n - - smtpd"
            + "".join(f"\n  -o {{ {option.format(policy=self.policy)} }}" for option in options)
            for name, options in PORTS.items()
        ]
        (self.root / "conf/master.cf").write_text("\n".join([*smtpd, MASTER]))

    @property
    def sendmail(self):
        """Return the command of its own sendmail, as containers' are called."""
        return f"command:sendmail -C {self.root}/conf -i -N never -f {{sender}} -- {{recipient}}"

    @property
    def log(self):
        """Return all it has logged."""
        return (self.root / "log").read_text()

    def box(self, name):
        """Return the messages of a mailbox."""
        return mails(self.root / "mail" / name)

    def empty(self):
        """Throw away what was delivered."""
        for box in (self.root / "mail").iterdir():
            shutil.rmtree(box)

    def idle(self):
        """Tell whether nothing is left in the queue."""
        queue = self.root / "queue"
        return not any(
            path.is_file()
            for name in ("maildrop", "incoming", "active", "deferred")
            for path in (queue / name).rglob("*")
        )

    def end(self):
        """End it."""
        self._daemon.end()

    def kill(self):
        """Kill all of its processes at once."""
        self._daemon.kill()


@contextlib.contextmanager
def postfix():
    """Run one."""
    needs("master")
    with folder() as root:
        server = Postfix(root)
        try:
            yield server
        finally:
            server.end()
