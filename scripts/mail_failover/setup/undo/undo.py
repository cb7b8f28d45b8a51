"""Undo: take back what an apply did, as far as Cloudflare lets us, and leave nothing unsound behind."""

from contextlib import suppress

from mail_failover.cloudflare.errors import ApiError
from mail_failover.setup.execute import Course, Ports, Stopped, carry_out
from mail_failover.setup.journal.journal import Journal
from mail_failover.setup.snapshot import Snapshot, reread

from .plan import MENDABLE, Undoing


def undo(ports: Ports, undoing: Undoing, now: Snapshot) -> Snapshot:
    """Take back what the journal says, and return what the domain is then.

    Raises:
        ApiError: by meaning; a refusal that nothing helps is a conflict instead.

    """
    journal = undoing.journal
    journal.find(now)
    undoing.steps(now)
    journal.begin_undo(undoing.foreign)
    try:
        end = _take_back(ports, undoing, now)
    except BaseException:
        if undoing.was_locking:
            # Whatever ends it here must not leave what the lock did to MX and SPF.
            journal.must_write = False
            undoing.unlocked = "this was interrupted"
            with suppress(ApiError):
                _take_back(ports, undoing, _read_back(ports, journal, now))
        raise
    journal.finish("partly undone" if undoing.forcible or undoing.refused else "undone")
    return end


def _take_back(ports: Ports, undoing: Undoing, now: Snapshot) -> Snapshot:
    """Do what can be done; what is refused is set aside, and the rest goes on."""
    while True:
        try:
            return carry_out(ports, undoing.journal, now, Course(undoing.steps, undoing.begin))
        except (ApiError, Stopped) as error:
            if not undoing.set_aside(error):
                if isinstance(error, MENDABLE):
                    error.fix = (
                        f"{error.fix.rstrip('.')}; if nothing helps, --force-unsafe leaves that alone."
                    )
                raise
        now = _read_back(ports, undoing.journal, now)


def _read_back(ports: Ports, journal: Journal, now: Snapshot) -> Snapshot:
    """Read what the step that failed really did."""
    now = reread(ports.api, now, ports.account_id)
    if journal.steps[-1]["after"] is None:
        journal.observe(now)
    return now
