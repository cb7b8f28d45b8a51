"""`mail-failover` whose DNS and whose way to the edge lead to stand-ins; typed, at a terminal of its own.

As a program it has imported all commands, and forks for each that is typed: that takes a tenth of the time.
It ends with whoever started it.
"""

import json
import os
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path

SCRIPTS = str(Path(__file__).resolve().parents[2] / "scripts")
# What commands import when they run.
ROOMS = ("first_hour", "setup", "chats", "deploy", "address")


def lead(resolver, edge, put=setattr):
    """Let every question of DNS go to this (host, port), and every connection to a port 25 to that one."""
    import dns.resolver  # noqa: PLC0415 - found when the path is set

    from mail_failover.drill import send  # noqa: PLC0415

    connect = socket.create_connection

    def configure(resolving, _file):
        resolving.nameservers, resolving.port = [resolver[0]], resolver[1]

    async def edge_hosts(*_):
        return [send.Host("route1.mx.cloudflare.net", tuple(edge))]

    def create_connection(address, *rest, **options):
        return connect(tuple(edge) if address[1] == 25 else address, *rest, **options)

    put(dns.resolver.BaseResolver, "read_resolv_conf", configure)
    # The one that was made before leads elsewhere.
    put(dns.resolver, "default_resolver", None)
    put(send, "edge_hosts", edge_hosts)
    put(socket, "create_connection", create_connection)


class Operator:
    """Starts commands."""

    def __init__(self):
        self._line, other = socket.socketpair()
        with other:
            command = [sys.executable, __file__, str(other.fileno())]
            self._process = subprocess.Popen(command, pass_fds=[other.fileno()], stdin=subprocess.DEVNULL)

    def start(self, words, cwd, env, slave):
        """Start a command at this end of a terminal."""
        reading, writing = os.pipe()
        order = {"words": words, "folder": str(cwd), "env": env}
        socket.send_fds(self._line, [json.dumps(order).encode()], [slave, writing])
        os.close(writing)
        return Started(os.fdopen(reading))

    def close(self):
        """End."""
        self._line.close()
        self._process.wait(10)


class Started:
    """A command, as subprocess has them; `told` has its pid, and at its end its exit code."""

    def __init__(self, told):
        self.pid = int(told.readline())
        self._told, self._code = told, None

    def poll(self):
        """Return the exit code; None while it runs."""
        if self._code is None and select.select([self._told], [], [], 0)[0]:
            self.wait()
        return self._code

    def wait(self, timeout=None):
        """Wait for the exit code, and return it; with a minus, the signal's number."""
        if self._code is None:
            if not select.select([self._told], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("mail-failover", timeout)
            with self._told:
                self._code = int(self._told.readline())
        return self._code

    def send_signal(self, number):
        """Send it a signal."""
        os.kill(self.pid, number)


def _serve(line):
    import importlib  # noqa: PLC0415

    sys.path[0] = SCRIPTS
    for name in ("cli", "doctor.examine", "drill.follow", *(f"{room}.run" for room in ROOMS)):
        importlib.import_module(f"mail_failover.{name}")
    # Nobody waits for those who wait for the commands.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        order, fds, _, _ = socket.recv_fds(line, 1_000_000, 2)
        if not order:
            return
        if os.fork() == 0:
            line.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _wait(fds, **json.loads(order))
        for descriptor in fds:
            os.close(descriptor)


def _wait(fds, **order):
    """Start one command, and tell its pid, then its exit code; with a minus the signal's number."""
    terminal, tell = fds
    if (pid := os.fork()) == 0:
        os.close(tell)
        _type(terminal, **order)
    os.close(terminal)
    os.write(tell, b"%d\n" % pid)
    os.write(tell, b"%d\n" % os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    os._exit(0)


def _type(terminal, folder, env, words):
    """Be the command, at the terminal."""
    os.setsid()
    for number in (0, 1, 2):
        os.dup2(terminal, number)
    os.close(terminal)
    # The first that the leader of a session opens is its own: Ctrl-C and hanging up come from there.
    os.close(os.open(os.ttyname(0), os.O_RDWR))
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(n, mode, 1) for n, mode in enumerate("rww"))
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(env)
    lead(**json.loads(env["OUTSIDE"]))
    sys.argv = ["mail-failover", *words]
    code = 70
    try:
        sys.modules["mail_failover.cli"].main()
    except SystemExit as end:
        code = end.code
    except BaseException:  # noqa: BLE001 - it is all that there is
        sys.excepthook(*sys.exc_info())
    try:
        sys.stdout.flush()
    except OSError:
        # As Python ends.
        code = 120
    os._exit(code)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
