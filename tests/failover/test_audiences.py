"""Each audience is told of its own mail and of no other, in a conversation of its own."""

import asyncio
import random
import re

import pytest

from failover.alerts import DETAILS
from failover.audience import audience_of
from failover.event import Event
from failover.message import Address, Attachment, Envelope, Mail
from failover.settings import Settings
from notify.channels import destinations_of
from notify.describe import describe
from standins.stage import DOMAIN, Stage, message
from standins.world import SLACK_BOT, TELEGRAM

HOUR = 3600.0
ANNA, BERT, CARL = "anna@example.com", "bert@example.com", "carl@example.com"
HERS = {"telegram": {"chat": "11"}}
EVERYBODY, OWN = "4711", "11"
KEPT = (
    "SELECT alert AS text FROM message",
    "SELECT state || first AS text FROM outage",
    "SELECT alert AS text FROM outbox",
)


@pytest.fixture
def play(virtual):
    """Open a stage with this table, let a scenario happen on it, and return the stage."""

    def run(scenario, alerts, env=TELEGRAM, **changed):
        async def go():
            stage = Stage(env | {"ALERTS": alerts})
            for name, value in changed.items():
                setattr(stage, name, value)
            async with stage.open():
                await scenario(stage)
            return stage

        stage = virtual(go())
        assert stage.problems == []
        return stage

    return run


async def mail(stage, recipient, *numbers):
    """Let messages come whose marks are of their recipient."""
    for number in numbers:
        mark = f"{recipient.partition('@')[0]}-{number}"
        sender = f"{mark} <{mark}@hotel.example>"
        content = message(mark, subject=f"subject-{mark}", sender=sender)
        await stage.mail(recipient=recipient, content=content)


def told(stage, chat, *, edits=False):
    """Return what one chat shows, as it was first posted, or with its edits."""
    return [post.seen for _, post in stage.posts if post.chat == chat and (edits or not post.edits)]


def heads(stage, chat):
    """Return how each alert of a chat begins."""
    return [seen.partition("\n")[0] for seen in told(stage, chat)]


def test_each_has_an_outage_of_their_own(play):
    """A beginning, what came meanwhile, totals, and an end; none of the other's."""

    async def scenario(stage):
        await mail(stage, ANNA, 1)
        await mail(stage, BERT, 1, 2, 3)
        await mail(stage, ANNA, 2)
        await asyncio.sleep(HOUR)
        status = await stage.status()
        assert [(each["audience"], each["caught"]) for each in status["outages"]] == [(ANNA, 2), ("", 3)]
        assert status["outage"] == status["outages"][1]
        await asyncio.sleep(8 * HOUR)
        assert (await stage.status())["outages"] == []

    stage = play(scenario, {ANNA: HERS})
    begin, end = "Caught a message and forwarded it", "No mail was caught for 6 hours"
    assert heads(stage, EVERYBODY) == [begin, "Caught 2 more messages", end]
    # One alone looks as it would by itself.
    assert heads(stage, OWN) == [begin, begin, end]
    for chat, his, others, count in ((OWN, "anna", "bert", 2), (EVERYBODY, "bert", "anna", 3)):
        everything = told(stage, chat, edits=True)
        assert not [seen for seen in everything if others in seen]
        assert all(f"{his}-{number}" in str(everything) for number in range(1, count + 1))
        assert f"Caught: {count} messages" in told(stage, chat)[-1]
        assert f"Over: caught {count} messages" in everything[-1]


def test_the_end_of_one_outage_leaves_the_other_going_on(play):
    """Each by when its own mail was last caught; the reply stands in its own thread."""

    async def scenario(stage):
        await mail(stage, ANNA, 1)
        for number in range(3):
            await mail(stage, BERT, number)
            await asyncio.sleep(4 * HOUR)

    stage = play(scenario, {ANNA: HERS})
    assert heads(stage, OWN)[-1] == "No mail was caught for 6 hours"
    assert "No mail was caught for 6 hours" not in heads(stage, EVERYBODY)
    places = {post.place: post.chat for _, post in stage.posts if not post.thread}
    assert all(places[post.thread] == post.chat for _, post in stage.posts if post.thread)


def test_several_addresses_of_one_person_are_one_conversation(play):
    """And one whose alerts go where everybody's go is part of theirs."""

    async def scenario(stage):
        for recipient in (ANNA, "info@example.com", BERT, CARL):
            await mail(stage, recipient, 1)
        await asyncio.sleep(HOUR)

    stage = play(scenario, {ANNA: HERS, "info@example.com": HERS, BERT: "telegram"})
    begin = "Caught a message and forwarded it"
    assert heads(stage, OWN) == heads(stage, EVERYBODY) == [begin, begin]
    assert "info-1" in told(stage, OWN)[1]
    assert "carl-1" in told(stage, EVERYBODY)[1]


def test_each_destination_shows_its_own_detail(play):
    """Of one message, of several, and of what waits; in edits, too."""
    alerts = {ANNA: {"telegram": {"chat": "11", "detail": "sender"}, "slack": {"detail": "preview"}}}

    async def scenario(stage):
        await mail(stage, ANNA, 1, 2, 3)
        await asyncio.sleep(HOUR)
        stage.fail("forward=transientx9")
        await mail(stage, ANNA, 4)
        await asyncio.sleep(26 * HOUR)

    stage = play(scenario, alerts, TELEGRAM | SLACK_BOT)
    less, more = told(stage, OWN, edits=True), told(stage, "C0123456789", edits=True)
    assert "subject" not in str(less)
    assert "freuen uns" not in str(less)
    assert "subject-anna-2" in str(more)
    assert "Wir freuen uns auf Sie." in more[0]
    assert told(stage, EVERYBODY) == []
    assert heads(stage, OWN) == heads(stage, "C0123456789")
    assert len(heads(stage, OWN)) == 4


def test_what_is_kept_is_the_most_that_is_shown(play):
    """Of a message whose rule shows the sender alone, nothing more is written down."""

    async def scenario(stage):
        stage.fail("telegram=429:600")
        await mail(stage, ANNA, 1)
        await asyncio.sleep(10)
        sql = stage.objects._storages[DOMAIN].sql
        kept = [row.text for text in KEPT for row in sql.exec(text)]
        assert "anna-1" in str(kept)
        assert "subject-anna" not in str(kept)

    play(
        scenario, {ANNA: {"telegram": {"chat": "11", "detail": "sender"}}}, TELEGRAM | {"ALERT_CODES": "show"}
    )


def test_what_is_said_of_the_server_everybody_is_told_but_no_audience(play):
    """While Anna's outage goes on, too: she alone is told of her mail."""
    env = TELEGRAM | {"PRIMARY_CHECK": "mail.example.com:465", "PRIMARY_WATCH": "true"}

    async def scenario(stage):
        await mail(stage, ANNA, 1)
        await asyncio.sleep(HOUR)
        stage.greets = {"mail.example.com:465": b"220 ready"}
        await asyncio.sleep(HOUR)

    stage = play(scenario, {ANNA: HERS}, env)
    assert heads(stage, EVERYBODY) == ["Your server does not answer", "Your server answers again"]
    assert heads(stage, OWN) == ["Caught a message and forwarded it", "Your server answers again"]
    assert "anna" not in str(told(stage, EVERYBODY))


def test_a_rule_that_is_gone_leaves_its_outage_to_the_next_that_fits(play):
    """What was not told of it is told there, and its end; where it stood, nothing more is said."""

    async def scenario(stage):
        await mail(stage, ANNA, 1, 2, 3)
        await asyncio.sleep(60)
        stage.deploy(ALERTS={})
        await asyncio.sleep(8 * HOUR)

    stage = play(scenario, {ANNA: HERS})
    assert heads(stage, OWN) == ["Caught a message and forwarded it"]
    assert heads(stage, EVERYBODY) == ["Caught 2 more messages", "No mail was caught for 6 hours"]


def test_of_those_who_are_told_apart_nobody_is_shown_the_others_mail(play):
    """What was not told goes to whoever is told of it by now; totals and end of both together to nobody."""

    async def scenario(stage):
        await mail(stage, ANNA, 1, 2)
        await mail(stage, BERT, 1, 2)
        await asyncio.sleep(60)
        stage.deploy(ALERTS={BERT: HERS})
        await asyncio.sleep(60)
        await mail(stage, BERT, 3)
        await mail(stage, ANNA, 3)
        await asyncio.sleep(8 * HOUR)
        status = await stage.status()
        assert (status["outages"], status["untold"]) == ([], 0)

    stage = play(scenario, {ANNA: HERS, BERT: HERS})
    begin, end = "Caught a message and forwarded it", "No mail was caught for 6 hours"
    assert heads(stage, EVERYBODY) == [begin, begin, end]
    assert "bert" not in str(told(stage, EVERYBODY, edits=True))
    assert all(f"anna-{number}" in str(told(stage, EVERYBODY)) for number in (2, 3))
    # What he was told before shows her mail, as it was to be.
    assert heads(stage, OWN) == [begin, begin, "Caught 2 more messages", end]
    assert "anna" not in str([post.seen for at, post in stage.posts if post.chat == OWN and at > 60])
    assert "Caught: 1 message\n" in told(stage, OWN)[-1]


def test_those_who_move_together_stay_together(play):
    """To another chat, where their outage goes on."""

    async def scenario(stage):
        await mail(stage, ANNA, 1)
        await mail(stage, BERT, 1)
        await asyncio.sleep(60)
        there = {"telegram": {"chat": "12"}}
        stage.deploy(ALERTS={ANNA: there, BERT: there})
        await asyncio.sleep(8 * HOUR)

    stage = play(scenario, {ANNA: HERS, BERT: HERS})
    assert heads(stage, "12") == ["Caught a message and forwarded it", "No mail was caught for 6 hours"]
    assert "Caught: 2 messages" in told(stage, "12")[-1]
    assert told(stage, EVERYBODY) == []


@pytest.mark.parametrize(
    "broken", [{ANNA: {"telegram": {"chat": "not one"}}}, {"anna@example,com": HERS}, "{broken"]
)
def test_alerts_whose_rule_is_broken_wait_and_the_others_are_told_that_they_do(play, broken):
    """They are told to whom they are for, once it is mended, and never to anybody else."""

    async def scenario(stage):
        await mail(stage, ANNA, 1, 2)
        await asyncio.sleep(60)
        [alert] = told(stage, EVERYBODY)
        assert alert.startswith("Alerts wait: the settings need mending")
        assert "ALERTS: " in alert
        stage.deploy(ALERTS={ANNA: HERS})
        await mail(stage, ANNA, 3)
        await asyncio.sleep(HOUR)

    stage = play(scenario, broken)
    assert len(told(stage, EVERYBODY)) == 1
    assert "anna-" not in str(told(stage, EVERYBODY))
    assert all(f"anna-{number}" in str(told(stage, OWN)) for number in (1, 2, 3))
    assert {status for _, status in stage.replies} == {"accepted"}


def test_alerts_whose_rule_is_mended_after_their_outage_are_told(play):
    """With the next message of the domain, whoever that is for."""

    async def scenario(stage):
        await mail(stage, ANNA, 1, 2)
        await asyncio.sleep(8 * HOUR)
        assert (await stage.status())["outages"] == []
        stage.deploy(ALERTS={ANNA: HERS})
        await mail(stage, BERT, 1)
        await asyncio.sleep(HOUR)
        assert (await stage.status())["untold"] == 0
        assert len(told(stage, OWN)) == 1
        await asyncio.sleep(24 * HOUR)

    stage = play(scenario, {ANNA: {"telegram": {"chat": "not one"}}})
    [alert] = told(stage, OWN)
    assert alert.startswith("Caught 2 more messages")
    assert "anna-1" in alert
    assert "anna-2" in alert
    assert "anna-" not in str(told(stage, EVERYBODY))


def test_while_the_table_can_not_be_read_one_outage_goes_on_for_all(play):
    """Senders may invent any number of recipients: they would be as many ends, each with sound."""

    async def scenario(stage):
        for number in range(20):
            await mail(stage, f"r{number}@example.com", 1)
        await mail(stage, ANNA, 1)
        await asyncio.sleep(60)
        assert len((await stage.status())["outages"]) == 1
        stage.deploy(ALERTS={ANNA: HERS})
        await mail(stage, BERT, 1)
        await asyncio.sleep(24 * HOUR)
        assert (await stage.status())["untold"] == 0

    stage = play(scenario, "{broken")
    begin, end = "Caught a message and forwarded it", "No mail was caught for 6 hours"
    asked = "Alerts wait: the settings need mending"
    assert heads(stage, EVERYBODY) == [asked, begin, "Caught 20 more messages", end]
    assert heads(stage, OWN) == [begin]
    assert "anna-" not in str(told(stage, EVERYBODY))


def test_an_empty_list_is_nobody(play):
    """Nobody is told, now or later; it is counted for the owner to see."""

    async def scenario(stage):
        await mail(stage, ANNA, 1, 2)
        await asyncio.sleep(HOUR)
        status = await stage.status()
        assert (status["untold"], status["outage"]["caught"]) == (0, 2)
        stage.deploy(ALERTS={ANNA: HERS})
        await mail(stage, ANNA, 3)
        await asyncio.sleep(HOUR)

    stage = play(scenario, {ANNA: []})
    assert told(stage, EVERYBODY) == []
    assert "anna-3" in str(told(stage, OWN))
    assert not any(f"anna-{number}" in str(told(stage, OWN)) for number in (1, 2))


def test_what_waits_for_one_is_never_told_as_anothers(play):
    """A chat that was Anna's, and is Bert's now: her alert that it did not take is not for him."""

    async def scenario(stage):
        stage.fail("telegram=429:600")
        await mail(stage, ANNA, 1)
        await asyncio.sleep(60)
        stage.fail()
        stage.deploy(ALERTS={ANNA: {"telegram": {"chat": "12"}}, BERT: HERS})
        await mail(stage, BERT, 1)
        await asyncio.sleep(26 * HOUR)
        await mail(stage, BERT, 2)
        await mail(stage, CARL, 1)
        await asyncio.sleep(HOUR)

    stage = play(scenario, {ANNA: HERS})
    assert "anna" not in str(told(stage, OWN, edits=True))
    assert "Never told" not in str(told(stage, OWN))
    assert "Never told elsewhere: 1 earlier alert, given up" in str(told(stage, EVERYBODY))
    assert "No mail was caught for 6 hours" in heads(stage, "12")


def test_one_broken_chat_delays_no_other(play):
    """It answers with an error for hours; the others have theirs at once."""

    async def scenario(stage):
        stage.fail("slack=500")
        await mail(stage, ANNA, 1)
        await mail(stage, BERT, 1)
        await asyncio.sleep(30)

    stage = play(scenario, {ANNA: HERS | {"slack": {}}}, TELEGRAM | SLACK_BOT)
    at = {post.chat: at for at, post in stage.posts}
    assert at[OWN] <= 2
    assert at[EVERYBODY] <= 6


def test_the_first_alert_that_is_due_longest_is_edited_first(play):
    """However much comes for who was first: Anna's has been edited once, and Bert's not yet."""

    async def scenario(stage):
        stage.fault = lambda _, method: "throws" if method == "alarm" and 16 <= stage.now < 40 else ""
        await mail(stage, ANNA, 1, 2)
        await asyncio.sleep(10)
        await mail(stage, BERT, 1)
        await asyncio.sleep(10)
        await mail(stage, ANNA, 3)
        await mail(stage, BERT, 2)
        await asyncio.sleep(60)
        assert {problem.partition(":")[0] for problem in stage.problems} == {f"alarm of {DOMAIN}"}
        stage.problems.clear()

    stage = play(scenario, {ANNA: HERS})
    assert [post.chat for _, post in stage.posts if post.edits] == [OWN, EVERYBODY, OWN]


@pytest.mark.parametrize("lost", [False, True])
def test_without_an_object_the_worker_tells_each_audience_by_itself(play, lost):
    """At the detail of each; where a rule is broken, everybody is told that alerts wait, once."""
    value = {"telegram": {"chat": "11", "detail": "sender"}} if not lost else "nothing"

    async def scenario(stage):
        await mail(stage, ANNA, 1)
        await stage.settle()
        await mail(stage, ANNA, 2)
        await mail(stage, BERT, 1)

    stage = play(scenario, {ANNA: value}, bound=False)
    [*others, his] = told(stage, EVERYBODY)
    assert "subject-bert-1" in his
    assert "anna" not in str([*others, his])
    assert [alert.partition(":")[0] for alert in others] == (["Alerts wait"] if lost else [])
    assert len(told(stage, OWN)) == (0 if lost else 2)
    assert "subject" not in str(told(stage, OWN))


MANY = [f"{name}@example.com" for name in ("anna", "bert", "carl", "dora", "emil", "fred")]
OVER = re.compile("Over: caught ([0-9]+)")
FAULTS = ["telegram=429:30x2", "telegram=500x3", "telegram=timeoutx2", "forward=transientx2", "slack=500x4"]


def table(chance):
    """Return random rules: own chats, shared ones, everybody's, details, nobody."""
    chats = [{"telegram": {"chat": str(chance.randint(11, 14))}} for _ in MANY]
    for rule in chats:
        if chance.random() < 0.4:
            rule["telegram"]["detail"] = chance.choice(DETAILS)
        if chance.random() < 0.4:
            rule["slack"] = {"chat": f"C{chance.randint(1, 3)}"}
    rules = dict(zip(chance.sample(MANY, 4), chats, strict=False))
    rules[chance.choice(MANY)] = []
    return rules


def places(recipient, settings):
    """Name the chats that a recipient's mail may be shown in."""
    channels = [each.channel for each in destinations_of(audience_of(recipient, settings)).values()]
    return {getattr(channel, "chat_id", None) or channel.channel for channel in channels}


@pytest.mark.parametrize("seed", range(6))
def test_whatever_comes_nobody_is_shown_anothers_mail_and_all_is_told_or_counted(play, seed):
    """Random mail for many, random rules, faults: each post has marks of its own audience's mail alone."""
    chance = random.Random(seed)  # noqa: S311 no secret
    rules, sent = table(chance), dict.fromkeys(MANY, 0)

    async def scenario(stage):
        for _ in range(25):
            if chance.random() < 0.4:
                stage.fail(chance.choice(FAULTS))
            recipient = chance.choice(MANY)
            sent[recipient] += 1
            await mail(stage, recipient, sent[recipient])
            await asyncio.sleep(chance.choice([0, 5, 300, 1800]))
        stage.fail()
        await asyncio.sleep(30 * HOUR)

    env = TELEGRAM | SLACK_BOT
    stage = play(scenario, rules, env)
    settings = Settings.from_env(env | {"ALERTS": rules, "FALLBACK_INBOXES": "a@b.example"})
    assert settings.problems == ()
    shown = {recipient: places(recipient, settings) for recipient in MANY}
    for _, post in stage.posts:
        for recipient in MANY:
            name = recipient.partition("@")[0]
            assert f"{name}-" not in post.seen or post.chat in shown[recipient], (name, post.chat)
    for chat in set().union(*shown.values()):
        his = [recipient for recipient in MANY if chat in shown[recipient]]
        # Where the first alert of each outage stands, and what it shows at the end.
        last = {post.edits or post.place: post for _, post in stage.posts if post.chat == chat}
        totals = [int(found[1]) for post in last.values() if (found := OVER.match(post.seen))]
        assert sum(totals) == sum(sent[recipient] for recipient in his)


def another_table(chance):
    """Return random rules for a few, who share the same two chats; at times one is broken, or all are."""
    some = chance.sample(MANY[:4], chance.randint(0, 4))
    rules = {recipient: {"telegram": {"chat": chance.choice(["11", "12"])}} for recipient in some}
    if chance.random() < 0.2:
        rules[chance.choice(MANY)] = "nothing"
    return rules if chance.random() < 0.9 else "{broken"


@pytest.mark.parametrize("seed", range(4, 8))
def test_whatever_becomes_of_the_table_nobody_is_shown_anothers_mail(play, seed):
    """Random tables one after the other: a chat has marks of whose mail it was for, then or since."""
    chance = random.Random(seed)  # noqa: S311 no secret
    env, may = TELEGRAM, {}

    def allow(rules, marks):
        settings = Settings.from_env(env | {"ALERTS": rules, "FALLBACK_INBOXES": "a@b.example"})
        for mark, recipient in marks:
            may.setdefault(mark, set()).update(places(recipient, settings))

    def check(stage, seen):
        """Look at what was posted under this table and those before it."""
        for _, post in stage.posts[seen:]:
            for mark, chats in may.items():
                assert mark not in post.seen or post.chat in chats, (mark, post.chat)
        return len(stage.posts)

    rules = another_table(chance)

    async def scenario(stage):
        nonlocal rules
        sent, seen = [], 0
        for number in range(30):
            recipient = chance.choice(MANY[:4])
            sent.append((f"{recipient.partition('@')[0]}-{number:02}", recipient))
            allow(rules, sent[-1:])
            await mail(stage, recipient, f"{number:02}")
            await asyncio.sleep(chance.choice([0, 5, 300, 1800]))
            if chance.random() < 0.2:
                seen = check(stage, seen)
                rules = another_table(chance)
                stage.deploy(ALERTS=rules)
                allow(rules, sent)
        await asyncio.sleep(30 * HOUR)
        check(stage, seen)

    stage = play(scenario, rules, env)
    assert stage.posts


MAIL = Mail(
    Address("Your code 739104", "bank@bank.example"),
    subject="739104 is your code",
    list_id="list.example",
    preview="Your code is 739104. Do not tell.",
    attachments=(Attachment("739104.pdf", "application/pdf", 5),),
    message_id="<1@bank.example>",
)


@pytest.mark.parametrize("fate", ["forwarded", "deferred", "held", "returned", "unreported"])
@pytest.mark.parametrize("most", DETAILS)
def test_an_alert_that_is_reduced_is_what_it_would_be_at_that_detail(fate, most):
    """Its codes are masked alike: what is not shown still tells what a code is."""
    event = Event("k", fate, Envelope("bounce@bank.example", ANNA, 9), MAIL, ())
    whole = describe(event, Settings(detail=most))
    for detail in DETAILS[: DETAILS.index(most) + 1]:
        assert whole.at(detail) == describe(event, Settings(detail=detail))
