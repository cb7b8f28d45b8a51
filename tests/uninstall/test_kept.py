"""Mail that the Worker keeps may be nowhere else: it goes only from an empty spool, or by force."""

import pytest

from mail_failover.door.address import TOKEN_FILE
from standins.cloudflare import DOMAIN
from standins.door import OUTAGE
from standins.door import TOKEN as DOOR_TOKEN
from standins.installed import HOST, SECOND, WORKER

NO_TOKEN = "it has no SPOOL_TOKEN, so it keeps none now, but some may be left of a time when it had one"


def refused(owner, *words, **options):
    """Uninstall, have it refused with nothing changed, and return the error."""
    before = owner.standin.state()
    code, said = owner.uninstall(**options)
    assert (code, owner.is_there, owner.standin.state()) == (3, True, before)
    for text in words:
        assert text in said["error"]["what"] + said["error"]["fix"]
    return said["error"]


@pytest.mark.parametrize("state", ["waiting", "leased", "refused"])
def test_a_copy_that_is_not_home_keeps_the_worker_unless_it_is_forced(owner, state):
    """With how to bring it home, or save it; whatever its state."""
    until = owner.doors.of[DOMAIN].clock() + 600
    state = {"state": "waiting", "until": until} if state == "leased" else {"state": state}
    owner.doors.of[DOMAIN].put(**state)
    way = f"--url https://{HOST} --domain {DOMAIN}"
    refused(
        owner,
        f"The Worker {WORKER} stays, since this is unsafe:",
        f"1 message in the spool of {DOMAIN} may be nowhere else.",
        f"`mail-failover replay --to smtp://127.0.0.1:25 {way}`",
        f"`mail-failover spool export --all mails {way}`",
        f"`mail-failover uninstall --config {owner.settings} --force --yes --json`",
    )
    assert owner.uninstall(force=True)[0] == 0
    assert not owner.is_there


def test_a_copy_that_is_home_goes_with_the_worker(owner):
    """The spool keeps it only as long as there is room."""
    owner.doors.of[DOMAIN].put(state="delivered")
    code, (out, _) = owner.uninstall(True, True)
    assert (code, owner.is_there) == (0, False)
    assert f"   - {DOMAIN}, spool: 0 to come home, 0 refused, 1 home; 18 bytes of 2000.0 MB\n" in out


def test_a_copy_that_comes_while_the_domain_is_taken_off_keeps_the_worker(owner):
    """What was seen before is not trusted; the domain is off, and the next run goes on."""
    put = owner.doors.of[DOMAIN].put
    owner.waited = type("Waiting", (list,), {"append": lambda _self, _seconds: put()})()
    code, said = owner.uninstall()
    assert (code, owner.is_there, said["done"]) == (3, True, [f"{DOMAIN} off the Worker"])
    assert said["spool"][DOMAIN]["waiting"] == 1
    owner.waited = []
    owner.doors.of[DOMAIN].kept.clear()
    assert owner.uninstall()[0] == 0


def test_every_domain_is_asked_for(owner):
    """A second one's copies count as the first one's."""
    owner.add_neighbour()
    owner.set_up(SECOND)
    owner.deploy(objects=(DOMAIN, SECOND, ":door"))
    owner.doors.of[SECOND].put()
    refused(owner, f"1 message in the spool of {SECOND}")
    owner.doors.of[SECOND].kept.clear()
    assert owner.uninstall()[0] == 0


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda o: (o.folder / ".mail-failover" / TOKEN_FILE).unlink(), "The spool's token is missing"),
        (lambda o: (o.folder / ".mail-failover" / TOKEN_FILE).chmod(0o644), "others may read the token"),
        (lambda o: setattr(o.doors.of[DOMAIN], "token", "x" * 43), "answers 404, as it does to everybody"),
        (
            lambda o: setattr(o.doors.of[DOMAIN], "fault", lambda *_: "500 before"),
            "but fails: it answers 500",
        ),
        (lambda o: setattr(o.doors.of[DOMAIN], "fault", lambda *_: "lost before"), "no whole answer"),
        (lambda o: setattr(o.doors.of[DOMAIN], "fault", lambda *_: "text"), "answers as no spool does"),
        (lambda o: o.at_workers_dev(False), "it has no address at which it could be asked"),
        (
            lambda o: setattr(o.standin, "forbidden", {"durable_objects"}),
            "does not list the Worker's objects",
        ),
    ],
)
def test_where_nobody_can_look_it_is_refused_unless_forced(owner, spoil, words):
    """With the reason, and what helps."""
    spoil(owner)
    refused(owner, f"The Worker {WORKER} stays, since this is unsafe: it may keep mail: ", words)
    assert owner.uninstall(force=True)[0] == 0
    assert not owner.is_there


def test_the_door_is_asked_where_cloudflare_says_it_is(owner):
    """At the owner's own name, if it has one; never at an address of another Worker."""
    assert owner.uninstall(True, False)[0] == 1
    assert owner.doors.hosts == {HOST}
    owner.doors.hosts.clear()
    owner.standin.attach("spool.example.com")
    assert owner.uninstall(False)[0] == 1
    assert owner.doors.hosts == {"spool.example.com"}


def test_the_token_may_lie_with_the_workers_own_settings(owner):
    """Where `deploy` takes it from."""
    (owner.folder / ".mail-failover" / TOKEN_FILE).unlink()
    (owner.folder / ".dev.vars").write_text(f"SPOOL_TOKEN={DOOR_TOKEN}\n")
    assert owner.uninstall()[0] == 0


def test_a_worker_that_never_wrote_anything_down_needs_no_door(owner):
    """Cloudflare lists no object of it that has."""
    owner.deploy(secrets=(), objects=())
    assert owner.uninstall()[0] == 0
    assert owner.doors.hosts == set()


def test_a_worker_without_a_token_keeps_no_mail_which_only_a_person_can_say_of_earlier(owner):
    """They are asked; --yes is no answer to that, --force is."""
    owner.deploy(secrets=("TELEGRAM_BOT_TOKEN",))
    refused(owner, NO_TOKEN, "If it never had one, it never kept mail.", "--force --yes --json")
    code, (out, _) = owner.uninstall(True, False)
    assert (code, owner.is_there) == (1, True)
    assert f"\nIt may keep mail: {NO_TOKEN}. If it never had one, it never kept mail.\n" in out
    assert owner.person.asked == [f"Change {DOMAIN} as shown?", "Go on?"]
    code, _ = owner.uninstall(True, True)
    assert (code, owner.is_there, owner.person.asked[0]) == (0, False, "Go on?")


def test_objects_of_domains_that_are_not_known_here_are_not_forgotten(owner):
    """Their spools can be looked at once they are named; the counter of the door is nobody's."""
    owner.deploy(objects=(DOMAIN, SECOND, ":door"))
    refused(owner, f"it has objects of more domains than are known here ({DOMAIN})", "--domain example.com")
    owner.doors.of[SECOND].put()
    error = refused(owner, f"1 message in the spool of {SECOND}", domains=(SECOND,))
    assert f"--domain {SECOND} --force" in error["fix"]
    owner.doors.of[SECOND].kept.clear()
    assert owner.uninstall(domains=(SECOND,))[0] == 0


def test_without_any_known_domain_the_objects_are_somebodys(owner):
    """However few they are."""
    assert owner.uninstall(True, False)[0] == 1
    for path in owner.journals():
        path.unlink()
    owner.deploy(objects=(DOMAIN,))
    refused(owner, "it has objects of more domains than are known here (none)")
    assert owner.uninstall(domains=(DOMAIN,))[0] == 0


def test_a_domain_that_the_settings_name_is_known(owner):
    """In ROUTES, or as the one that is meant."""
    owner.deploy(objects=(DOMAIN, SECOND, ":door"))
    with owner.settings.open("a") as file:
        file.write(f'[vars.ROUTES]\n"@{SECOND}" = "anna@example.net"\n')
    assert owner.uninstall()[0] == 0


def test_an_object_of_a_domain_that_is_not_known_is_not_taken_for_the_doors_counter(owner):
    """Nobody was at the door yet, so that it has none."""
    owner.deploy(objects=(SECOND,))
    owner.doors.of[SECOND].put()
    refused(owner, f"it has objects of more domains than are known here ({DOMAIN})")


@pytest.mark.parametrize("listed", [(SECOND,), (DOMAIN,)])
def test_a_list_that_lacks_objects_which_are_there_tells_nothing(owner, listed):
    """Those that were asked just now are some: what else it lacks, nobody knows."""
    owner.deploy(objects=listed)
    owner.doors.remember = lambda *_: None
    owner.doors.of[SECOND].put()
    refused(owner, "is not whole: it lacks some that were just asked", "Wait a minute, then run")


def test_a_worker_that_has_objects_keeps_them_where_none_is_listed(owner):
    """Its settings name them; so the list is wrong, or has no names."""
    binding = {"type": "durable_object_namespace", "name": "DOMAINS", "class_name": "Domain"}
    owner.standin.deployed[WORKER].live.bindings.append(binding)
    owner.standin.deployed[WORKER].classes = {}
    owner.doors.of[DOMAIN].fault = lambda *_: "lost before"
    refused(owner, f"the spool of {DOMAIN} can't be looked at")


def test_a_token_that_is_a_plain_variable_is_one(owner):
    """The Worker takes it from there, and keeps mail."""
    owner.standin.upload(FALLBACK_INBOXES=["anna@example.net"], SPOOL_TOKEN=DOOR_TOKEN)
    owner.standin.deployed[WORKER].classes = {"Domain": True}
    owner.at_workers_dev(True)
    owner.doors.of[DOMAIN].put()
    refused(owner, f"1 message in the spool of {DOMAIN} may be nowhere else.")


def test_what_is_forced_is_said_and_once(owner):
    """Whoever forces for one reason need not know of the other."""
    owner.doors.of[DOMAIN].put()
    owner.at_workers_dev(False)
    code, (out, _) = owner.uninstall(True, True, force=True)
    assert (code, owner.is_there) == (0, False)
    said = "Forced, though it may keep mail: it has no address at which it could be asked.\n"
    assert out.count(said) == 1
    assert out.index(said) < out.index(f"done: {DOMAIN} off the Worker")


def test_the_last_question_names_the_mail_that_goes_by_force(owner):
    """What was shown has scrolled away by then."""
    owner.doors.of[DOMAIN].put()
    code, _ = owner.uninstall(True, False, force=True)
    assert (code, owner.is_there) == (1, True)
    what = f"1 message that may be nowhere else, with the Worker {WORKER},"
    assert owner.person.asked[-1] == f"Delete {what} from your account for good?"


def test_an_outage_that_goes_on_and_alerts_that_wait_are_shown(owner):
    """Neither keeps the Worker: a person decides."""
    channel = {"channel": "telegram 4711", "waiting": 2, "given_up": 0, "due": 0.0}
    owner.doors.of[DOMAIN].said = {"outage": OUTAGE, "untold": 1, "outbox": [channel]}
    code, (out, _) = owner.uninstall(False)
    assert code == 1
    assert f"   - {DOMAIN}: nobody has told the Worker that your server is back\n" in out
    assert f"   - {DOMAIN}: 3 yet to be told in a chat, which never will be\n" in out


@pytest.mark.parametrize("force", [False, True])
def test_a_worker_that_does_not_look_like_ours_is_not_deleted_by_a_slip(owner, force):
    """A name that was mistyped; nobody can want that, so it can't be forced."""
    owner.standin.scripts.append({"id": "shop", "handlers": ["fetch"], "tag": "s"})
    owner.standin.upload(worker="shop", COLOUR="red")
    code, said = owner.uninstall(worker="shop", force=force)
    assert (code, said["error"]["kind"]) == (2, "AnotherWorker")
    assert "shop has none of the settings of mail-failover" in said["error"]["what"]
    assert "shop" in [script["id"] for script in owner.standin.scripts]
