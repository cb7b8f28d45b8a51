"""A drill from the command to the emulator's Maildir and chat, and to an inbox by IMAP."""

import asyncio
import contextlib
import imaplib
import json
import re
import socketserver
import threading
from pathlib import Path
from unittest import mock

import pytest
import typer
from typer.testing import CliRunner

from mail_failover.cli import app
from mail_failover.drill.command import drill
from mail_failover.drill.follow import Ports, follow
from mail_failover.drill.inbox import Inbox, Login
from mail_failover.drill.report import Drill, Verdict
from mail_failover.drill.send import Host, edge_hosts, new_token
from mail_failover.emulator.emulator import Emulator
from mail_failover.emulator.faults import parse_fault
from mail_failover.emulator.routing.inbox import MaildirInboxes, read_maildir
from mail_failover.mail.resolver import Dns, DnsError
from mail_failover.settings.files import Config
from standins.nameserver import NameServer
from standins.smtp_server import Server, make_certificate, serving

ROOT = Path(__file__).parents[2]
MAIN = ROOT / "src" / "entry.py"
SENDER, RECIPIENT, INBOX = "root@vps.test", "anna@shop.test", "anna@inbox.test"
PASSWORD = "sEcReT app password"


class Clock:
    """A clock that only pausing moves, and that nobody has to pause by often."""

    now = 0.0
    pauses = 0

    def __call__(self):
        return self.now

    async def pause(self, seconds):
        """Let the seconds pass at once."""
        self.now += seconds
        self.pauses += 1
        assert self.pauses < 30, "the drill looks again and again"


def emulator(folder, *faults):
    """Build the emulator with the real Worker and Maildirs."""
    config = Config(MAIN, {"FALLBACK_INBOXES": [INBOX]})
    return Emulator(config, MaildirInboxes(folder), faults=[parse_fault(fault) for fault in faults])


def run(*arguments):
    """Run the command."""
    alone = typer.Typer()
    alone.command()(drill)
    return CliRunner().invoke(alone, arguments)


async def command(*arguments):
    """Run the command in a thread, beside servers in this loop; signals are the main thread's."""
    with mock.patch("mail_failover.console.ending._TAKEN", ()):
        return await asyncio.to_thread(run, *arguments)


def test_a_drill_via_the_emulator_ends_in_its_maildir_and_chat(tmp_path):
    """The unmodified Worker catches it, forwards it and tells; the subject is readable in the chat."""

    async def scenario():
        async with emulator(tmp_path) as edge:
            done = await command("--to", RECIPIENT, "--via", f"127.0.0.1:{edge.port}", "--json")
        return done, edge.chat.posts

    done, posts = asyncio.run(scenario())
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["version"], told["verdict"], told["exit_code"]) == (1, "accepted", 0)
    assert (told["from"], told["to"]) == ("mail-failover-drill@shop.test", RECIPIENT)
    assert told["via"] == told["steps"][0]["name"].removesuffix(": banner")
    assert told["worker_seen"] is None
    names = [step["name"].split(": ")[1] for step in told["steps"]]
    assert names == ["banner", "EHLO", "MAIL FROM", "RCPT TO", "DATA", "the message"]
    assert told["steps"][-1]["words"] == "250 2.0.0 Accepted"
    [copy] = read_maildir(tmp_path / INBOX)
    assert f"Subject: {told['subject']}\r\n".encode() in copy
    assert f"Message-ID: {told['message_id']}\r\n".encode() in copy
    assert b"This is a drill of mail-failover." in copy
    assert {post.service for post in posts} == {"telegram", "slack"}
    assert all(told["subject"] in post.seen for post in posts)


def test_a_person_reads_each_step_and_the_verdict(tmp_path):
    """And what to look at next."""

    async def scenario():
        async with emulator(tmp_path) as edge:
            return await command("--to", RECIPIENT, "--from", SENDER, "--via", f"127.0.0.1:{edge.port}")

    lines = asyncio.run(scenario()).stdout.splitlines()
    assert lines[0] == "Drill from <root@vps.test> to <anna@shop.test>"
    assert re.fullmatch(
        r'Subject "mail-failover drill [a-z]{10}", Message-ID <drill\.[a-z]{10}@vps\.test>', lines[1]
    )
    assert re.fullmatch(
        r"  ok    127\.0\.0\.1:\d+: the message \(\d\.\d s\): 250 2\.0\.0 Accepted", lines[-2]
    )
    assert re.match(
        r"Accepted\. 127\.0\.0\.1:\d+ accepted the message; whether the edge did is not seen\. Look for its",
        lines[-1],
    )


def test_an_edge_that_defers_is_exit_code_1(tmp_path):
    """Here because no inbox takes the message."""

    async def scenario():
        async with emulator(tmp_path, "forward=transient") as edge:
            return await command("--to", RECIPIENT, "--via", f"127.0.0.1:{edge.port}")

    done = asyncio.run(scenario())
    assert done.exit_code == 1
    assert "FAIL  127.0.0.1" in done.stdout
    assert "451 4.3.0 Temporary failure" in done.stdout
    assert "`mail-failover wrangler tail`" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("Deferred. ")


def drilled(*servers, inbox=None, wait=60, via=""):
    """Drill with these edge hosts, None being one that refuses connections; return the drill."""

    async def scenario():
        async with contextlib.AsyncExitStack() as stack:
            hosts = []
            for number, server in enumerate(servers):
                port = 1
                if server:
                    listening = await stack.enter_async_context(
                        await asyncio.start_server(server.talk, "127.0.0.1", 0)
                    )
                    port = listening.sockets[0].getsockname()[1]
                hosts.append(Host(f"route{number}.test", ("127.0.0.1", port)))

            async def find_hosts():
                return hosts

            clock = Clock()
            return await follow(SENDER, RECIPIENT, wait, Ports(find_hosts, inbox, clock, clock.pause, via))

    return asyncio.run(scenario())


def refusing(**replies):
    """Return an edge host without TLS."""
    return Server(extensions=(), **{"DATA": "354 Go ahead"} | replies)


@pytest.mark.parametrize(
    ("replies", "verdict", "words", "fix"),
    [
        (
            {"RCPT": "550 5.7.26 neither SPF nor DKIM passed"},
            "refused",
            "550 5.7.26 neither SPF nor DKIM passed",
            "SPF record of vps.test lists",
        ),
        ({"MAIL": "554 5.7.1 your IP is blocked"}, "refused", "554 5.7.1", "this machine's address"),
        ({"RCPT": "550 5.1.1 no such address"}, "refused", "550 5.1.1", "catch-all"),
        ({"DATA": "451 try later"}, "deferred", "451 try later", "A temporary answer"),
        ({"banner": b""}, "unreachable", "the server hung up", "block outgoing port 25"),
        ({"EHLO": b""}, "deferred", "the server hung up", ""),
    ],
)
def test_a_refusal_is_reported_in_the_edges_words_and_explained(replies, verdict, words, fix):
    """At the step where it came."""
    done = drilled(refusing(**replies))
    assert done.verdict.value == verdict
    assert not done.steps[-1].ok
    assert words in done.steps[-1].words
    assert fix in done.steps[-1].fix


def test_the_next_host_is_tried_where_one_is_out_of_reach():
    """As senders do."""
    done = drilled(None, refusing(RCPT="550 no"))
    assert [step.name for step in done.steps if not step.ok] == [
        "route0.test: connect",
        "route1.test: RCPT TO",
    ]


def test_tls_is_used_where_it_is_offered(tmp_path):
    """As senders do it: without asking who vouches for the certificate."""
    edge = serving(make_certificate(tmp_path), RCPT="550 no")
    done = drilled(edge)
    assert [step.name for step in done.steps if "EHLO" in step.name] == [
        "route0.test: EHLO",
        "route0.test: EHLO with TLS",
    ]
    assert edge.heard.index("STARTTLS") < edge.heard.index("MAIL FROM:<root@vps.test>")


def test_no_host_in_reach_proves_nothing():
    """And is no success."""
    done = drilled(None, None)
    assert done.verdict.value == "unreachable"
    assert [step.words for step in done.steps] == ["connection refused"] * 2


def test_an_answer_lost_after_the_message_was_sent_is_told_apart():
    """It may arrive all the same."""
    done = drilled(refusing())
    assert done.verdict.value == "no answer"
    assert done.steps[-1].name == "route0.test: the message"


# --- the inbox ---


class Mailbox(socketserver.ThreadingTCPServer):
    """A tiny IMAP server. `mails` maps a folder to the header fields of its one message.

    `answers` maps the start of a command, or of a UID command, to the lines that answer it instead, with
    {tag} and {line} for what was asked; at `drips`, a command or "greeting", it sends no end of a line.
    """

    daemon_threads = True

    def __init__(
        self,
        mails=None,
        *,
        after=0,
        junk='(\\HasNoChildren \\Junk) "/" "Junk Mail"',
        login="OK",
        answers=(),
        drips="",
    ):
        super().__init__(("127.0.0.1", 0), _Session)
        self.answers = dict(answers)
        self.drips = drips
        self.over = threading.Event()
        self.left = threading.Event()
        self.outlasted = False
        self.mails = mails or {}
        self.after = after
        self.junk = junk
        self.login = login
        self.searches = 0
        self.heard = []

    @contextlib.contextmanager
    def serving(self):
        """Yield what opens an inbox there, without TLS."""
        thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        login = Login("127.0.0.1", self.server_address[1], "anna", PASSWORD)
        try:
            yield lambda: Inbox(login, lambda login: imaplib.IMAP4(login.host, login.port, timeout=5))
        finally:
            self.over.set()
            self.shutdown()
            thread.join()
            self.server_close()


class _Session(socketserver.StreamRequestHandler):
    timeout = 5
    folder = ""

    def handle(self):
        with contextlib.suppress(OSError):
            self.drip("greeting")
            self.say("* OK ready")
            while line := self.rfile.readline().decode().strip():
                tag, command, rest = [*line.split(" ", 2), ""][:3]
                self.server.heard.append(f"{command} {rest}".strip())
                name = rest.split()[0] if command == "UID" else command
                self.drip(name)
                if name in self.server.answers:
                    self.say(self.server.answers[name].format(tag=tag, line=f"{command} {rest}"))
                else:
                    self.say(f"{tag} {self.answer(name, rest)} for {rest}")

    def answer(self, name, rest):
        """Say what comes before the status, and return that."""
        if name == "CAPABILITY":
            self.say("* CAPABILITY IMAP4rev1")
        elif name == "LOGIN":
            return self.server.login
        elif name == "LIST":
            self.say('* LIST (\\HasNoChildren) "/" "INBOX"')
            if self.server.junk:
                self.say(f"* LIST {self.server.junk}")
        elif name == "EXAMINE":
            self.folder = rest.strip('"')
            self.say("* 1 EXISTS")
        elif name == "SEARCH":
            self.server.searches += 1
            there = self.folder in self.server.mails and self.server.searches > self.server.after
            self.say("* SEARCH 7" if there else "* SEARCH")
        elif name == "FETCH":
            fields = self.server.mails[self.folder].encode()
            wanted = rest.partition("BODY.PEEK")[2].removesuffix(")")
            self.say(f"* 1 FETCH (UID 7 BODY{wanted} {{{len(fields)}}}")
            self.wfile.write(fields + b")\r\n")
        elif name == "LOGOUT":
            self.say("* BYE")
        return "OK"

    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def drip(self, command):
        """Send a byte now and then for thirty seconds, or until the client or the test is over; hang up."""
        if command != self.server.drips:
            return
        try:
            for _ in range(3000):
                self.wfile.write(b"*")
                if self.server.over.wait(0.01):
                    raise ConnectionResetError
            self.server.outlasted = True
        finally:
            self.server.left.set()
        raise ConnectionResetError


RESULTS = (
    "Authentication-Results: mx.inbox.test;\r\n spf=pass dkim=pass\r\n"
    "Authentication-Results: forged.test; dmarc=pass\r\n"
    "X-Mail-Failover: 0123456789abcdef\r\n\r\n"
)


class Accepting(Server):
    """An edge host that takes the message."""

    async def _reply(self, reader, writer, command):
        if command == "DATA":
            writer.write(b"354 Go ahead\r\n")
            await reader.readuntil(b"\r\n.\r\n")
            writer.write(b"250 2.0.0 Ok queued\r\n")
        else:
            await super()._reply(reader, writer, command)


def looked_into(mailbox, *servers, **options):
    """Drill, and look into the mailbox."""
    with mailbox.serving() as open_inbox:
        return drilled(*(servers or [Accepting(extensions=())]), inbox=open_inbox, **options)


@pytest.mark.parametrize(
    ("via", "sentence"),
    [
        ("", "The edge accepted the message. "),
        ("relay.test:25", "relay.test:25 accepted the message; whether the edge did is not seen. "),
    ],
)
def test_what_a_relay_accepted_is_not_said_of_the_edge(via, sentence):
    """Only the edge's own MX hosts speak for the edge."""
    done = drilled(Accepting(extensions=()), via=via)
    assert done.verdict.value == "accepted"
    assert done.sentence.startswith(sentence)


def test_no_verdict_via_a_relay_speaks_of_the_edge_as_if_it_had_answered():
    """Whatever the relay did."""
    for verdict in Verdict:
        sentence = Drill(SENDER, RECIPIENT, "s", "<m>", via="relay.test:25").end(verdict).sentence
        assert "The edge" not in sentence
        assert "{" not in sentence


def test_arrival_is_found_with_what_the_inbox_thinks_of_it():
    """After some polls; only the topmost Authentication-Results is the inbox's own."""
    mailbox = Mailbox({"INBOX": RESULTS}, after=4)
    done = looked_into(mailbox)
    assert done.verdict.value == "delivered"
    assert done.authentication == "mx.inbox.test; spf=pass dkim=pass"
    assert [done.steps[i].words for i in (0, -2, -1)] == [
        "logged in as anna, will look into INBOX and Junk Mail",
        "found in INBOX",
        "the copy carries the Worker's field X-Mail-Failover",
    ]
    assert done.steps[-2].seconds == 10
    assert "(AUTHENTICATION-RESULTS X-MAIL-FAILOVER)" in mailbox.heard[-2]
    assert done.sentence.endswith("See that the alert came: that is the one thing not looked at.")
    searches = [line for line in mailbox.heard if "SEARCH" in line]
    assert len(searches) == 5
    assert f'HEADER Message-ID "{done.message_id}" SUBJECT "{done.subject.split()[-1]}"' in searches[0]


def test_nothing_in_the_inbox_is_changed():
    """It is opened read-only, and what is fetched stays unread."""
    mailbox = Mailbox({"INBOX": RESULTS})
    looked_into(mailbox)
    assert not any(line.startswith("SELECT") for line in mailbox.heard)
    assert all("BODY.PEEK" in line for line in mailbox.heard if "FETCH" in line)
    assert mailbox.heard[-1] == "LOGOUT"


def test_a_copy_that_the_worker_did_not_mark_may_have_come_past_it():
    """As by a rule for the address: then nobody was told."""
    done = looked_into(Mailbox({"INBOX": "Authentication-Results: mx.inbox.test; spf=pass\r\n\r\n"}))
    assert done.verdict.value == "delivered, Worker not seen"
    assert not done.verdict.good
    assert done.as_json()["worker_seen"] is False
    assert "past the Worker" in done.sentence
    assert "`mail-failover doctor` shows such rules" in done.steps[-1].fix
    assert "works" not in list(done.lines())[-1]


@pytest.mark.parametrize("junk", ['(\\Junk) "/" "[Gmail]/Spam"', '(\\HasNoChildren) "." Spam'])
def test_arrival_in_the_junk_folder_is_not_good_enough(junk):
    """Whether it is marked as one or only named so."""
    name = junk.split(" ")[-1].strip('"')
    done = looked_into(Mailbox({name: "\r\n"}, junk=junk))
    assert done.verdict.value == "delivered to junk"
    assert done.steps[-2].words == f"found in {name}"
    assert not done.verdict.good


def test_a_message_that_never_arrives_is_given_up_in_time():
    """After the seconds asked for, and not one more."""
    done = looked_into(Mailbox(junk=""), wait=12)
    assert done.verdict.value == "accepted, not arrived"
    assert done.steps[-1].seconds == 12


def test_a_wrong_password_costs_no_drill_and_is_not_shown():
    """The server's own words might repeat it."""
    edge = Accepting(extensions=())
    done = looked_into(Mailbox(login="NO [AUTHENTICATIONFAILED]"), edge)
    assert done.verdict.value == "not sent"
    assert edge.heard == []
    assert "would not log in: [AUTHENTICATIONFAILED]" in done.steps[-1].words
    assert "app password" in done.steps[-1].fix
    assert "sEcReT" not in json.dumps(done.as_json())
    assert "sEcReT" not in repr(Login("h", 1, "u", PASSWORD))


@pytest.mark.parametrize("answer", ["{tag} NO no such login: {line}", "{tag} BAD {line}", "{line}", "{tag}"])
@pytest.mark.parametrize("password", ["sEcReT", 'sEc"ReT', "sEc\\ReT"])
def test_a_server_that_repeats_the_login_makes_no_password_visible(monkeypatch, answer, password):
    """In whichever form, quoted or as Python shows bytes."""
    monkeypatch.setitem(globals(), "PASSWORD", password)
    done = looked_into(Mailbox(answers={"LOGIN": answer}))
    assert done.verdict.value == "not sent"
    assert " log in" in done.steps[-1].words
    assert "ReT" not in json.dumps(done.as_json())


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"SEARCH": "{tag} NO [SERVERBUG] Internal error 17"}, "would not search: [SERVERBUG]"),
        ({"SEARCH": "{tag} NO Internal error 17"}, "would not search"),
        ({"SEARCH": "* SEARCH 7 or so\r\n{tag} OK done"}, "failed to search: "),
        ({"EXAMINE": "{tag} NO [INUSE] not now"}, "would not search: [INUSE]"),
        ({"FETCH": "{tag} NO [EXPUNGEISSUED] gone"}, "would not search"),
        ({"FETCH": "* 1 FETCH (UID 7)\r\n{tag} OK done"}, "failed to search: "),
    ],
)
def test_an_inbox_that_fails_to_answer_is_not_read_as_an_arrival(answers, words):
    """Nor as an empty inbox; the words of its error are no message numbers."""
    done = looked_into(Mailbox({"INBOX": RESULTS}, answers=answers))
    assert done.verdict.value == "accepted, inbox not readable"
    assert words in done.steps[-1].words
    assert "app password" not in done.steps[-1].fix


@pytest.mark.parametrize(
    ("command", "verdict"),
    [
        ("greeting", "not sent"),
        ("LOGIN", "not sent"),
        ("SEARCH", "accepted, inbox not readable"),
        ("LOGOUT", "delivered"),
    ],
)
def test_an_inbox_that_never_ends_its_answer_is_left_in_time(monkeypatch, command, verdict):
    """Though a byte comes before each timeout; and nothing waits for the thread that listens."""
    for name in ("OPEN_SECONDS", "POLL_SECONDS", "CLOSE_SECONDS"):
        monkeypatch.setattr(f"mail_failover.drill.follow.{name}", 0.3)
    mailbox = Mailbox({"INBOX": RESULTS}, drips=command)
    with mailbox.serving() as open_inbox:
        done = drilled(Accepting(extensions=()), inbox=open_inbox, wait=0.3)
        # While it connects, there is nothing yet that could be cut.
        assert command == "greeting" or mailbox.left.wait(20)
    assert done.verdict.value == verdict
    assert command == "LOGOUT" or done.steps[-1].words.startswith("no end of the answer within")
    assert not mailbox.outlasted


def test_an_inbox_out_of_reach_costs_no_drill():
    """Nothing listens there."""
    login = Login("127.0.0.1", 1, "anna", PASSWORD)
    done = drilled(Accepting(extensions=()), inbox=lambda: Inbox(login))
    assert done.verdict.value == "not sent"
    assert "127.0.0.1:1 failed to connect" in done.steps[-1].words


def test_an_inbox_without_tls_is_not_talked_to():
    """The password would be readable on the way."""
    mailbox = Mailbox({"INBOX": RESULTS})
    with mailbox.serving():
        login = Login(*mailbox.server_address, "anna", PASSWORD)
        done = drilled(Accepting(extensions=()), inbox=lambda: Inbox(login))
    assert done.verdict.value == "not sent"
    assert "must speak TLS from the start" in done.steps[-1].fix
    assert not any("LOGIN" in line for line in mailbox.heard)


# --- options ---


def test_the_edges_hosts_come_from_the_dns():
    """The preferred one first, the primary never."""
    zone = """
        shop.test. MX 1 mail.shop.test.
        shop.test. MX 9 route1.mx.cloudflare.net.
        shop.test. MX 5 route2.mx.cloudflare.net.
        route1.mx.cloudflare.net. A 162.159.205.11
        route2.mx.cloudflare.net. A 162.159.205.12
        own.test. MX 1 mail.shop.test.
    """

    async def ask(domain):
        return await edge_hosts(Dns(address), domain)

    with NameServer(zone).serving() as address:
        hosts = asyncio.run(ask("shop.test"))
        with pytest.raises(DnsError, match=r"own.test has no MX host of the edge"):
            asyncio.run(ask("own.test"))
        done = run("--to", "anna@own.test", "--from", SENDER, "--resolver", "{}:{}".format(*address))
    assert [host.address for host in hosts] == [("162.159.205.12", 25), ("162.159.205.11", 25)]
    assert done.exit_code == 1
    assert "Set the domain up first: `mail-failover setup plan --domain own.test`." in done.stdout
    asked = "--resolver {}:{}".format(*address)
    via = f"mail-failover drill --to anna@own.test --from {SENDER} --via HOST:PORT {asked}"
    assert f"Or name a server: `{via}`" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--to", RECIPIENT], "Name a sender that this machine may send for"),
        (["--to", "anna"], "--to anna: not an address"),
        (["--to", RECIPIENT, "--via", "host:port"], "--via host:port: not a host. Write HOST or HOST:PORT"),
        (["--to", RECIPIENT, "--via", "h:1", "--inbox-imap", "h"], "needs MAIL_FAILOVER_IMAP_USER and"),
    ],
)
def test_wrong_usage_is_a_line_that_says_what_to_write(monkeypatch, arguments, complaint):
    """And exit code 2."""
    monkeypatch.delenv("MAIL_FAILOVER_IMAP_USER", raising=False)
    done = run(*arguments)
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert complaint in done.stderr


DOCUMENTED = sorted(
    {
        command.strip()
        for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md"))
        for command in re.findall(r"mail-failover ((?:doctor|drill) --[^`#\n]*)", page.read_text())
    }
)


@pytest.mark.parametrize("command", DOCUMENTED)
def test_a_command_from_the_documentation_lacks_no_option(tmp_path, monkeypatch, command):
    """It runs as it is written; here it finds that the domain does not exist."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CLOUDFLARE_API_TOKEN", raising=False)
    # As after `init`, which writes down which domain is meant.
    (tmp_path / ".env").write_text("MAIL_FAILOVER_DOMAIN=example.com\n")
    with NameServer("").serving() as (host, port):
        done = CliRunner().invoke(app, [*command.split(), "--resolver", f"{host}:{port}"])
    assert (done.exit_code, type(done.exception)) == (1, SystemExit), done.output
    assert "example.com" in done.output


def test_the_mark_would_not_be_masked_in_an_alert():
    """It holds no digit, and no two are the same."""
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(token.isalpha() for token in tokens)
