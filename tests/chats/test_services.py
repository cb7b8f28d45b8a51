"""`chats ntfy` and others: each asked for what it needs, tried, written; by a person and in a script."""

import base64
import hmac
import re

import httpx
import pytest

from mail_failover.chats.services import WAYS
from mail_failover.emulator.chat.webhook import Webhook
from mail_failover.settings.chats import CHATS
from mail_failover.settings.files import SECRETS
from standins.further import ALIAS, DISCORD, MATRIX_TOKEN, ROOM, USER

PUSHOVER = {
    "PUSHOVER_TOKEN": "sEcReTtoken0000000000000000000",
    "PUSHOVER_USER": "sEcReTuser00000000000000000000",
}
MATRIX = {
    "MATRIX_HOMESERVER": "https://matrix.test",
    "MATRIX_TOKEN": MATRIX_TOKEN,
    "MATRIX_ROOM": ROOM,
}
GIVEN = {
    "ntfy": {"NTFY_URL": "https://ntfy.sh/sEcReT-topic", "NTFY_TOKEN": "tk_sEcReT00000000000000000000000"},
    "discord": {"DISCORD_WEBHOOK_URL": DISCORD},
    "matrix": MATRIX,
    "mattermost": {"MATTERMOST_WEBHOOK_URL": "https://chat.test/hooks/secret00000000000000000000"},
    "gotify": {"GOTIFY_URL": "https://gotify.test", "GOTIFY_TOKEN": "AsEcReT-0000000"},
    "pushover": PUSHOVER,
    "webhook": {
        "WEBHOOK_URL": "https://hooks.test/sEcReT",
        "WEBHOOK_SECRET": Webhook.settings["WEBHOOK_SECRET"],
    },
}
# A wrong answer to the first question whose answer can be told to be wrong, and what is said of it.
WRONG = {
    "ntfy": ("https://ntfy.sh", "NTFY_URL can't be used. It must be a server and a topic"),
    "discord": ("https://evil.test/api/webhooks/123456/sEcReT", "DISCORD_WEBHOOK_URL can't be used. It"),
    "matrix": ("matrix.test", "MATRIX_HOMESERVER can't be used. It must be an https:// address"),
    "mattermost": ("https://chat.test/sEcReT", "MATTERMOST_WEBHOOK_URL can't be used. It must be like"),
    "gotify": ("http://gotify.test", "GOTIFY_URL can't be used. It must be an https:// address"),
    "pushover": ("sEcReT", "PUSHOVER_TOKEN can't be used. It must be 30 letters and digits"),
    "webhook": ("ftp://hooks.test/sEcReT", "WEBHOOK_URL can't be used. It must be an https:// address"),
}
FIRST = {"ntfy": "NTFY_URL", "webhook": "WEBHOOK_URL"}


def piped(service):
    """Return what a script pipes in: the secrets, a line each, in the order of the questions."""
    names = [part.name for part in WAYS[service] if not part.option]
    return [f"{GIVEN[service][name]}\n" for name in names]


def plain(service):
    """Return the options that name the rest."""
    parts = [part for part in WAYS[service] if part.option and part.name in GIVEN[service]]
    return {part.option: GIVEN[service][part.name] for part in parts}


def test_every_service_can_be_connected():
    """By a command of its own or by the table; what can be an option is no secret."""
    assert {*WAYS} == {*CHATS} - {"telegram", "slack"}
    for service, parts in WAYS.items():
        assert {part.name for part in parts if not part.option} == {*CHATS[service].secrets}
        assert not {part.name for part in parts if part.option} & {*SECRETS}


@pytest.mark.parametrize("service", WAYS)
def test_a_person_is_asked_tries_it_and_agrees(person, service):
    """A wrong answer is asked for again, saying how it has to look; no secret is shown."""
    wrong, said = WRONG[service]
    person.answers = [wrong, *GIVEN[service].values(), True, True]
    code, out, err = person.types(service)
    assert (code, person.answers, person.settings) == (0, [], GIVEN[service])
    assert said in err.replace("\nmail-failover: ", " ")
    assert [post[0] for post in person.posts] == [service]
    assert "test" in person.posts[0][2].lower()
    secrets = [name for name in GIVEN[service] if name in SECRETS]
    assert all(f"  {name}: as you gave it\n" in out for name in secrets)
    assert not any(GIVEN[service][name] in out + err for name in secrets)
    assert "Next: `mail-failover deploy` gives it to the Worker." in out


@pytest.mark.parametrize("service", WAYS)
def test_a_script_pipes_the_secrets_and_names_the_rest(person, service):
    """A second run takes them from .dev.vars, and finds nothing to write."""
    person.terminal, person.answers = False, piped(service)
    code, said, err = person.types(service, yes=True, json=True, named=plain(service))
    assert (code, err, person.settings) == (0, "", GIVEN[service])
    assert (said["written"], [each["state"] for each in said["alerts"]]) == (True, ["sent"])
    code, out, _ = person.types(service, yes=True, test=False)
    assert (code, "says so already" in out) == (0, True)


@pytest.mark.parametrize("service", WAYS)
def test_a_script_that_gives_nothing_is_told_how(person, service):
    """Nothing is made up, asked or written; so it is with what can't be used."""
    person.terminal = False
    code, said, _ = person.types(service, yes=True, json=True)
    assert (code, said["error"]["kind"], person.settings) == (2, "UsageError", {})
    first = WAYS[service][0]
    named = f"{first.name} is not known" if first.option else f"Nothing came for {first.name}"
    assert said["error"]["what"].startswith(named)
    wrong, what = WRONG[service]
    person.answers = [wrong]
    code, said, _ = person.types(
        service, yes=True, json=True, named={first.option: wrong} if first.option else {}
    )
    assert (code, person.settings, person.posts) == (2, {}, [])
    assert what.startswith(said["error"]["what"])


@pytest.mark.parametrize("service", WAYS)
def test_an_alert_that_fails_is_not_written(person, service):
    """It says what failed, and what to set right, by its name alone."""
    person.terminal, person.answers = False, piped(service)
    person.alerts = Refusing()
    code, said, _ = person.types(service, yes=True, json=True, named=plain(service))
    assert (code, said["error"]["kind"], person.settings) == (1, "NoAlert", {})
    [told] = said["alerts"]
    assert (told["channel"].split()[0], told["state"]) == (service, "failed")
    assert any(name in told["fix"] for name in GIVEN[service]), told


class Refusing(httpx.AsyncBaseTransport):
    """Knows nobody, and repeats the address."""

    async def handle_async_request(self, request):
        """Refuse."""
        return httpx.Response(401, text=f"no to {request.url}")


def test_a_topic_is_made_for_who_has_none(person):
    """Shown once, to be typed into the app; no two are alike."""
    made = set()
    for _ in range(2):
        person.answers = ["", True, "", True, True]
        code, out, _ = person.types("ntfy", new=True)
        [topic] = re.findall(r"^  (mail-[a-z]{20})$", out, re.MULTILINE)
        assert (code, person.settings) == (0, {"NTFY_URL": f"https://ntfy.sh/{topic}"})
        assert f"  NTFY_URL: made just now{', in the place of another one' if made else ''}\n" in out
        made.add(topic)
    assert len(made) == 2
    assert [post[1] for post in person.posts] == [*dict.fromkeys(post[1] for post in person.posts)]


def key_of(person):
    """Return the key that was written."""
    prefix, _, text = person.settings["WEBHOOK_SECRET"].partition("_")
    assert prefix == "whsec"
    return base64.b64decode(text, validate=True)


def received(person):
    """Make a receiver that knows the secret which stands in .dev.vars, and takes what is signed with it."""

    def take(request):
        head = (request.headers["webhook-id"], request.headers["webhook-timestamp"], request.content.decode())
        mac = hmac.digest(key_of(person), ".".join(head).encode(), "sha256")
        signed = request.headers["webhook-signature"] == f"v1,{base64.b64encode(mac).decode()}"
        return httpx.Response(204 if signed else 401)

    return httpx.MockTransport(take)


def test_a_secret_for_a_webhook_is_made_written_and_copied_before_it_is_tried(person):
    """It is shown nowhere: the receiver's owner finds it in .dev.vars. What is signed with it is taken."""
    url = GIVEN["webhook"]["WEBHOOK_URL"]
    person.alerts = received(person)
    person.answers = [url, "", True, True, True]
    code, out, err = person.types("webhook")
    assert (code, len(key_of(person))) == (0, 32)
    assert person.settings["WEBHOOK_SECRET"] not in out + err
    assert "Copy WEBHOOK_SECRET from .dev.vars to where the alerts go; it is not shown here." in out
    assert [question.split()[0] for question in person.asked[2:]] == ["Write", "Is", "Has"]


@pytest.mark.parametrize(
    ("answers", "code", "said"),
    [
        ([False], 1, "Nothing was written."),
        ([True, True, False], 1, "It stands in .dev.vars all the same"),
    ],
    ids=["not agreed", "not seen"],
)
def test_a_secret_that_was_made_is_no_success_yet(person, answers, code, said):
    """Whoever says no to the file has none; whoever saw no alert has it, and knows."""
    person.alerts = Refusing()
    person.answers = [GIVEN["webhook"]["WEBHOOK_URL"], "", *answers]
    found, out, err = person.types("webhook")
    assert (found, said in out + err, bool(person.settings)) == (code, True, len(answers) > 1)


def test_a_script_gets_a_secret_made_and_tries_it_later(person):
    """Once somebody has copied it."""
    person.terminal, person.answers = False, [GIVEN["webhook"]["WEBHOOK_URL"]]
    code, out, _ = person.types("webhook", yes=True)
    assert (code, len(key_of(person)), person.posts) == (0, 32, [])
    assert "Then try it: `mail-failover chats test`." in out


def test_who_the_token_is_and_which_room_an_address_means_is_found_out(person):
    """The room is written by its id, and nothing is joined."""
    person.answers = ["https://matrix.test/", MATRIX_TOKEN, ALIAS, True, True]
    code, out, _ = person.types("matrix")
    assert (code, person.settings) == (0, {**MATRIX, "MATRIX_HOMESERVER": "https://matrix.test/"})
    assert f"The token is that of {USER}." in out
    assert f"Found: the room Mail alerts, id {ROOM}." in out
    assert not {"join", "invite"} & {*person.messengers.calls}


def test_a_room_that_alerts_can_not_be_read_in_is_asked_for_again(person):
    """One that is encrypted, that the account is not in, or only invited to, that is none; each says why."""
    wrong = ["!secret:matrix.test", "!nowhere:matrix.test", "!invited:matrix.test", "#no:matrix.test", "room"]
    person.answers = ["https://matrix.test", "syt_sEcReT_of_nobody", MATRIX_TOKEN, *wrong, ROOM, True, True]
    code, _, err = person.types("matrix")
    assert (code, person.settings) == (0, MATRIX)
    said = [
        "The homeserver does not accept the token.",
        "The room is encrypted, and the Worker encrypts nothing",
        f"{USER} is not in the room.",
        f"{USER} was invited to the room, but is not in the room.",
        "The homeserver knows no room of that address.",
        "MATRIX_ROOM can't be used.",
    ]
    places = [err.index(sentence.rstrip(".")) for sentence in said]
    assert places == sorted(places)


def test_what_is_no_homeserver_is_asked_for_again(person):
    """It may have been the name in the addresses."""
    person.messengers.fault = lambda method, count: "text" if method == "versions" and count < 1 else ""
    person.answers = ["https://example.test", *MATRIX.values(), True, True]
    code, _, err = person.types("matrix")
    assert (code, person.settings) == (0, MATRIX)
    assert "The homeserver's answer to which versions it speaks can't be read" in err
    assert "Give the address that apps use" in err


def test_an_encrypted_room_ends_a_script(person):
    """In a sentence that says what to do."""
    person.terminal, person.answers = False, [MATRIX_TOKEN]
    named = {"--homeserver": "https://matrix.test", "--room": "!secret:matrix.test"}
    code, said, _ = person.types("matrix", yes=True, json=True, named=named)
    assert (code, said["error"]["kind"], said["user"], person.settings) == (1, "Encrypted", USER, {})
    assert "Make another room" in said["error"]["fix"]


def test_a_webhook_of_discords_says_which_it_is(person):
    """By its owner's name for it, which can't write to the terminal, and the channel's id."""
    person.messengers.webhook_name = "x\x1b[31m\n  DISCORD_WEBHOOK_URL: evil"
    person.answers = [DISCORD.replace("token", "other"), DISCORD, True, True]
    code, out, err = person.types("discord")
    assert (code, person.settings, "\x1b" in out) == (0, GIVEN["discord"], False)
    assert "Discord does not know this webhook" in err
    assert "of the channel with the id 4242." in out


def test_a_thread_is_taken_by_its_number(person):
    """And left out again with a new webhook."""
    person.env = dict(GIVEN["discord"])
    person.answers = [True, True]
    assert person.types("discord", named={"--thread": "1234567890123456789"})[0] == 0
    assert person.settings == {**GIVEN["discord"], "DISCORD_THREAD_ID": "1234567890123456789"}
    code, _, err = person.types("discord", named={"--thread": "sEcReT"})
    assert (code, "DISCORD_THREAD_ID can't be used" in err) == (2, True)
    person.answers = [DISCORD, True, True]
    assert person.types("discord", new=True)[0] == 0
    assert person.settings == GIVEN["discord"]


def test_who_pipes_nothing_is_not_waited_for(person):
    """A program may leave standard input open; what is left out is none, or made."""
    person.terminal, person.env = False, {name: GIVEN[s][name] for s, name in FIRST.items()}
    person.answers = ["this would be waited for"]
    for service in FIRST:
        assert person.types(service, yes=True, test=False)[0] == 0
    assert person.settings["NTFY_URL"] == GIVEN["ntfy"]["NTFY_URL"]
    assert "NTFY_TOKEN" not in person.settings
    assert len(key_of(person)) == 32
    assert person.answers == ["this would be waited for"]


@pytest.mark.parametrize("service", WAYS)
def test_show_writes_nothing(person, service):
    """And needs nobody who agrees."""
    person.terminal, person.answers = False, piped(service)
    code, out, _ = person.types(service, show=True, test=False, named=plain(service))
    assert (code, person.settings, "Nothing was written." in out) == (0, {}, True)


@pytest.mark.parametrize("consent", ["yes", "show"])
def test_what_is_printed_to_be_typed_again_agrees_to_what_was_agreed(person, consent):
    """Without a terminal it would be refused else."""
    person.terminal = False
    code, said, _ = person.types("mattermost", json=True, **{consent: True})
    assert code == 2
    assert f"chats mattermost --{consent} --json < FILE`" in said["error"]["fix"]
    assert f" --{consent}" in person.types("gotify", json=True, **{consent: True})[1]["error"]["fix"]


def test_who_gives_nothing_at_a_terminal_is_not_told_to_pipe_it(person):
    """It is asked for again by the same line."""
    person.answers = ["https://gotify.test", ""]
    code, _, err = person.types("gotify")
    assert (code, person.settings) == (2, {})
    assert "Paste it there: `" in err
    assert "standard input" not in err


def test_a_room_may_be_named_by_its_address_and_the_hint_says_so(person):
    """The Worker's own settings take the id alone."""
    person.answers = ["https://matrix.test", MATRIX_TOKEN, "alerts", ALIAS, True, True]
    code, _, err = person.types("matrix")
    assert (code, person.settings["MATRIX_ROOM"]) == (0, ROOM)
    assert "as in #alerts:example.com, or its id" in err.replace("\nmail-failover: ", " ")


def test_an_interrupt_speaks_of_a_start_code_where_there_is_one(person):
    """That is Telegram's."""
    for service, has_code in (("ntfy", False), ("telegram", True)):
        person.answers = [KeyboardInterrupt()]
        code, _, err = person.types(service)
        assert (code, "start code" in err) == (130, has_code)
