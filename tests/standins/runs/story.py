"""A run as plain values: a zone, commands, what goes wrong in them, what another person does meanwhile."""

from dataclasses import dataclass, field

from hypothesis import strategies as st

from .meddler import ACTIONS
from .zone import Zone, zones

TROUBLES = (
    *("lost before", "lost after", "429", "500", "interrupt before", "interrupt after"),
    *("gone before", "gone after", "killed before", "killed after"),
)
"""What happens to one request; `gone` is a network that stays away, `killed` a process that is no more."""


@dataclass(frozen=True)
class Command:
    """One command. `consent`: --yes, the answers of a person, or neither.

    A moment is ("request", n), before the n-th request, 0 being before the command; or ("change", n), right
    after the n-th request that is not a GET. `trouble`: (kind, moment). `meddling`: (moment, action, number).
    """

    name: str = "apply"
    force: bool = False
    consent: str = "--yes"
    trouble: tuple = ()
    meddling: tuple = ()
    worker: str = ""


@dataclass(frozen=True)
class Story:
    """A run; its end is an apply and an undo over a good network, or an undo alone."""

    zone: Zone = field(default_factory=Zone)
    commands: tuple = (Command(),)
    applies_at_last: bool = True


def often(usual, *seldom):
    """Draw mostly the first."""
    return st.sampled_from([usual] * (3 * len(seldom)) + [*seldom])


@st.composite
def moments(draw, first):
    """Draw a moment; with `first` 0 it may be before the command."""
    if draw(st.booleans()):
        return ("change", draw(st.integers(1, 8)))
    return ("request", draw(st.integers(first, 12) | st.integers(13, 50)))


@st.composite
def commands(draw, name, meddled):
    """Draw a command; two of three meet trouble."""
    has_trouble = draw(st.sampled_from([True, True, False]))
    actions = st.tuples(moments(0), st.sampled_from(ACTIONS), st.integers(0, 7))
    return Command(
        name=name,
        force=draw(st.sampled_from([True, False])),
        consent=draw(often("--yes", "says yes", "says yes", "says no", "nobody")),
        trouble=(draw(st.sampled_from(TROUBLES)), draw(moments(1))) if has_trouble else (),
        meddling=tuple(draw(st.lists(actions, min_size=1, max_size=3))) if meddled else (),
        worker=draw(often("", "second")) if name != "undo" else "",
    )


@st.composite
def stories(draw):
    """Draw a run, which begins with an apply; in half of them somebody else edits the domain, too."""
    meddled = draw(st.booleans())
    others = st.sampled_from(["apply", "undo"] * 4 + ["plan", "status"])
    names = ["apply", *draw(st.lists(others, max_size=3))]
    played = tuple(draw(commands(name, meddled)) for name in names)
    return Story(draw(zones()), played, draw(st.booleans()))
