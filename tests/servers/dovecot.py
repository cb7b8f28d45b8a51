"""A Dovecot for home.test that takes mail by LMTP, at a port and at a socket."""

import contextlib
import shutil
import subprocess
from pathlib import Path

import pytest

from servers.daemon import Daemon, folder, free_ports, mails, needs, until

CONF = """\
base_dir = {root}/run
state_dir = {root}/run
log_path = {root}/log
protocols = lmtp
ssl = no
hostname = primary.home.test
mail_location = maildir:{root}/mail/%n
mail_plugins = quota
quota_full_tempfail = {tempfail}
first_valid_uid = 100
first_valid_gid = 100
plugin {{
  quota = count:User quota
  quota_vsizes = yes
}}
passdb {{
  driver = static
  args = nopassword=y
}}
userdb {{
  driver = passwd-file
  args = {root}/users
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {port}
  }}
  unix_listener {root}/lmtp.sock {{
    mode = 0600
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""
USERS = """\
anna@home.test::65534:65534::/nonexistent::
full@home.test::65534:65534::/nonexistent::userdb_quota_rule=*:bytes=100
"""


class Dovecot:
    """A running one."""

    def __init__(self, root, tempfail):
        self.root = root
        (self.port,) = free_ports(1)
        for name in ("run", "mail"):
            (root / name).mkdir()
        shutil.chown(root / "mail", 65534, 65534)
        (root / "users").write_text(USERS)
        (root / "dovecot.conf").write_text(CONF.format(root=root, port=self.port, tempfail=tempfail))
        self._daemon = Daemon(needs("dovecot"), "-F", "-c", root / "dovecot.conf")
        until(lambda: self._daemon.answers(self.port))

    def box(self, name):
        """Return the messages of a mailbox."""
        return mails(self.root / "mail" / name)

    def empty(self):
        """Throw away what was delivered."""
        for mail in (self.root / "mail").glob("*/new/*"):
            mail.unlink()

    def end(self):
        """End it."""
        self._daemon.end()


@contextlib.contextmanager
def dovecot(*, tempfail="no"):
    """Run one; `tempfail` says whether a full mailbox is a matter of time."""
    program = needs("dovecot")
    version = subprocess.run(
        [program, "--version"], capture_output=True, text=True, check=True, timeout=10
    ).stdout
    if not version.startswith("2.3."):
        pytest.skip(f"the configuration is for Dovecot 2.3, this is {version.strip()}")
    if not list(Path("/usr/lib/dovecot").glob("lmtp")):
        pytest.skip("Dovecot has no LMTP here; on Debian: apt install dovecot-lmtpd")
    with folder() as root:
        server = Dovecot(root, tempfail)
        try:
            yield server
        finally:
            server.end()
