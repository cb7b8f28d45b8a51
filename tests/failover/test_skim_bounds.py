"""How far a message is looked into, and that nothing it says gets through unclean or without end."""

import pytest

from failover.skim import PREFIX_BYTES, skim

HOSTILE = "x\u202e\x07\x1b[31m" * 200


def test_the_first_64_kib_are_read():
    """What docs/performance.md promises, and what a forwarded copy is never asked for again."""
    assert PREFIX_BYTES == 65536
    before, after = b"From: a@b.example\nContent-Type: text/html\n\n<style>", b"</style>x"
    for room, seen in ((0, "x"), (1, "")):
        padding = b" " * (PREFIX_BYTES - len(before) - len(after) + room)
        data = before + padding + after
        assert skim(data, len(data)).preview == seen


@pytest.mark.parametrize(
    ("field", "limit"),
    [
        *(("message_id", 250), ("list_id", 120), ("subject", 250), ("sent", 60)),
    ],
)
def test_every_field_is_shown_clean_and_bounded(field, limit):
    """Whatever a sender puts there: no control character, no hidden direction, no endless text."""
    name = {"sent": "date"}.get(field, field).replace("_", "-")
    for text in (HOSTILE, f"\u202e{HOSTILE}", "word " * 300):
        said = getattr(skim(f"From: a@b.example\n{name}: {text}\n\nx".encode(), 0), field)
        assert said
        assert len(said) <= limit
        assert said.isprintable()


@pytest.mark.parametrize("name", ["From", "Subject"])
def test_a_field_behind_too_many_that_begin_like_it_is_said_to_be_missed(name):
    """It may stand there; looking on would cost what a sender likes."""
    crowd = "".join(f"{name}-{number}: x\n" for number in range(9))
    mail = skim(f"{crowd}{name}: a@b.example\n\nx".encode(), 0)
    assert f"too many fields whose names begin like {name}" in mail.defects
    assert mail.other_senders == (name == "From")
    assert "no From field" not in mail.defects or name == "Subject"


@pytest.mark.parametrize("name", ["From", "Subject"])
def test_a_field_that_stands_twice_is_pointed_out(name):
    """Which one a reader sees is anyone's guess."""
    data = f"From: a@b.example\nSubject: x\n{name}: c@d.example\n\nx".encode()
    mail = skim(data, len(data))
    assert mail.defects == (f"more than one {name} field",)
    assert mail.other_senders == (name == "From")


def nested(depth):
    """Return a message of so many multiparts, each in the one before, and a text in the last."""
    head = "".join(
        f"Content-Type: multipart/mixed; boundary=b{number}\n\n--b{number}\n" for number in range(depth)
    )
    tail = "".join(f"--b{number}--\n" for number in reversed(range(depth)))
    return f"From: a@b.example\n{head}\nThe text.\n{tail}".encode()


@pytest.mark.parametrize(("depth", "preview"), [(1, "The text."), (8, "The text."), (9, "")])
def test_eight_multiparts_inside_each_other_are_entered(depth, preview):
    """And what lies deeper is never passed over in silence."""
    data = nested(depth)
    mail = skim(data, len(data))
    assert mail.preview == preview
    assert mail.whole == bool(preview)
    assert ("parts nested too deep" in mail.defects) != bool(preview)


def test_doubled_line_ends_within_a_message_are_its_own():
    """An attachment's bytes are counted as they are."""
    data = b"From: a@b.example\r\nContent-Type: a/b\r\n\r\nx\r\r\ny"
    assert skim(data, len(data)).attachments[0].size == 5


def test_a_first_line_that_ends_like_all_others_is_no_sign_of_doubled_line_ends():
    """Only a message whose first line ends in CR CR LF is read as one that ends every line so."""
    for end, preview in ((b"\r\r\n", "The text."), (b"\r\n", "The text.")):
        data = b"From: a@b.example" + end + b"Subject: x" + end + end + b"The text." + end
        mail = skim(data, len(data))
        assert (mail.subject, mail.preview, mail.defects) == ("x", preview, ())


@pytest.mark.parametrize(("size", "whole"), [(0, True), (4, False), (10, False)])
def test_a_message_is_whole_when_its_size_was_read(size, whole):
    """Without a size from the edge, what is shorter than the prefix is all there is."""
    data = b"From: a@b.example\n\nx"
    assert skim(data, size and len(data) + size).whole == whole
    assert skim(data.ljust(PREFIX_BYTES), 0).whole is False
    assert skim(data.ljust(PREFIX_BYTES), PREFIX_BYTES).whole is True
