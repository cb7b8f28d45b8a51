"""An outage in each language: told in it from the first alert to the end, and otherwise the same."""

import asyncio
import random

import pytest

from notify.telegram import Telegram
from notify.words.language import LANGUAGES
from standins.stage import SPOOL, Stage
from standins.world import TELEGRAM

HOUR = 3600.0
PORT = "mail.example.com:465"
CHECKED = TELEGRAM | SPOOL | {"PRIMARY_CHECK": PORT, "OUTAGE_QUIET_HOURS": 1}
WATCHED = TELEGRAM | SPOOL | {"PRIMARY_CHECK": PORT, "PRIMARY_WATCH": True}


@pytest.fixture
def told(monkeypatch):
    """Return what Telegram is given to say: alerts, in which manner."""
    found, render = [], Telegram.render

    def noting(self, alert, manner):
        found.append((alert, manner))
        return render(self, alert, manner)

    monkeypatch.setattr(Telegram, "render", noting)
    return found


async def outage(stage, change=None):
    """Let mail be caught, and the primary come back; `change` happens in the middle."""
    async with stage.open():
        await stage.mail(1)
        await asyncio.sleep(60)
        stage.fail("forward=permanent")
        await stage.mail(2)
        await asyncio.sleep(60)
        stage.fail()
        if change:
            change(stage)
        for number in range(3, 6):
            await stage.mail(number)
        await asyncio.sleep(HOUR)
        stage.greets = {PORT: b"220 ready"}
        await asyncio.sleep(HOUR)
        return await stage.status()


def test_an_outage_in_german(virtual):
    """The beginning, what is held, what came meanwhile, the end, and the first alert as it is edited."""
    stage = Stage(WATCHED | {"LANGUAGE": "de"})
    status = virtual(outage(stage))
    first, held, batch, end = [text for _, text in stage.seen()]
    assert first.startswith("Nachricht aufgefangen und weitergeleitet\nAn: anna@example.com\nVon: Hotel <")
    assert "Betreff: Booking 1\n" in first
    assert "Weitergeleitet an: one@inbox.example\nDein Server: mail.example.com:465: keine Antwort" in first
    assert held.startswith("Kein Postfach nahm eine Nachricht an: Sie wird aufbewahrt\n")
    assert "(endgültig: " in held
    assert "wird 30 Tage aufbewahrt: Hol sie mit `mail-failover replay` nach Hause" in held
    assert batch.startswith("3 weitere Nachrichten aufgefangen\nDomain: example.com\nVon: Hotel <booking@")
    assert end.startswith("Domain: example.com", end.index("\n") + 1)
    assert end.startswith("Dein Server antwortet wieder\n")
    assert (
        "Aufgefangen: 5 Nachrichten\nWeitergeleitet: 4, an one@inbox.example\nIm Spool aufbewahrt: 1" in end
    )
    edited = [post.seen for _, post in stage.posts if post.edits][-1]
    assert edited.startswith("Vorbei: 5 Nachrichten aufgefangen\nBeginn: ")
    assert "Es begann mit: Nachricht aufgefangen und weitergeleitet" in edited
    assert status["outage"]["ended"]
    assert stage.problems == []


def test_a_language_that_changes_in_the_middle_does_no_harm(virtual):
    """What was written down stays as it was worded, and everything is told and counted all the same."""
    stage = Stage(WATCHED | {"LANGUAGE": "fr"})
    status = virtual(outage(stage, lambda stage: stage.deploy(LANGUAGE="es")))
    first, held, batch, end = [text for _, text in stage.seen()]
    assert first.startswith("Message recueilli et transféré\n")
    assert held.startswith("Aucune boîte n'a pris un message\u00a0: il est conservé\n")
    assert batch.startswith("3 mensajes más recogidos\nDominio: example.com\nDe: Hotel <")
    assert end.startswith("Tu servidor vuelve a responder\n")
    assert "Recogidos: 5 mensajes\nReenviados: 4, a one@inbox.example\nGuardados en el spool: 1" in end
    assert "5 de: Hotel <booking@hotel.example>" in end
    edited = [post.seen for _, post in stage.posts if post.edits][-1]
    assert edited.startswith("Terminó: 5 mensajes recogidos\n")
    assert status["outage"]["caught"] == 5
    assert stage.problems == []


async def at_random(stage, seed):
    """Let whatever happens happen, and then the outage end."""
    chance = random.Random(seed)  # noqa: S311 a run that can be repeated
    async with stage.open():
        for _ in range(16):
            match chance.choice(("mail", "mail", "again", "inbox", "chat", "primary", "pass", "pass")):
                case "mail":
                    await stage.mail(chance.randrange(1000), sender=chance.choice(("", "Anna <a@b.example>")))
                case "again":
                    await stage.mail(1)
                case "inbox":
                    stage.fail(f"forward={chance.choice(('transient', 'permanent', 'hang'))}:x2")
                case "chat":
                    stage.fail(f"telegram={chance.choice(('500:x3', 'timeout:x1', 'gone:x1'))}")
                case "primary":
                    stage.greets = {} if stage.greets else {PORT: b"220 ready"}
                case "pass":
                    await asyncio.sleep(chance.choice((5.0, 700.0, 0.8 * HOUR, 2 * HOUR)))
        stage.fail()
        await asyncio.sleep(2 * HOUR)


@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_told_when_does_not_depend_on_the_language(virtual, told, seed):
    """The same alerts of the same kinds with the same facts, in the same manner at the same places."""
    plays = {}
    for language in LANGUAGES:
        told.clear()
        virtual(at_random(Stage(CHECKED | {"LANGUAGE": language}), seed))
        plays[language] = [(a.kind, [field.kind for field in a.fields], manner) for a, manner in told]
    assert len(plays["en"]) > 5
    assert all(play == plays["en"] for play in plays.values())
