"""Killed at any step, in a process: the next run neither loses nor repeats, and says what it can't know."""

import pytest

from standins.door import Door
from standins.homeward import Operator
from standins.killing import Nursery, delivered

STEPS = ("door.lease", "journal.lease", "door.fetch", "file.write", "journal.hand_over", "target.inject")
STEPS += ("journal.settle", "door.verdict", "journal.tell")
POINTS = [f"{step} {side}" for step in STEPS for side in ("before", "after")]
# Between these two nobody can know whether the server has it.
UNKNOWN = {"journal.hand_over after", "target.inject before", "target.inject after", "journal.settle before"}


@pytest.fixture(scope="module")
def nursery():
    """Start runs."""
    with Nursery() as nursery:
        yield nursery


@pytest.mark.parametrize("point", POINTS)
def test_a_run_that_was_killed_is_taken_up_where_it_was(tmp_path, capsys, nursery, point):
    """At the second of three messages, whatever was under way."""
    door = Door()
    ids = [door.put(f"Subject: {number}\r\n\r\n".encode()) for number in range(3)]
    operator, got = Operator(tmp_path, door, capsys), tmp_path / "got"
    with door.serving() as operator.url:
        nursery.run(operator.url, operator.state, got, f"{point} 2")
    before = [copy_id for copy_id, _ in delivered(got)]
    if point in {"door.lease after", "journal.lease before"}:
        # Nobody has written its name down: it is free when its ten minutes are over.
        assert operator.replay()[0] == 1
        door.kept[ids[1]].until = 0
    code, out, _ = operator.replay()
    total = before + operator.primary.ids
    assert (code, door.states()) == (0, ["delivered"] * 3)
    assert {*total} == {*ids}
    twice = [copy_id for copy_id in ids if total.count(copy_id) > 1]
    assert (f"{ids[1]} was handed over before" in out) is (point in UNKNOWN)
    assert twice == ([ids[1]] if point in UNKNOWN and ids[1] in before else [])
    contents = delivered(got) + [(letter.id, content) for letter, content in operator.primary.got]
    assert all(content == door.kept[copy_id].content for copy_id, content in contents)
    assert not list(operator.folder.glob("*.eml"))
