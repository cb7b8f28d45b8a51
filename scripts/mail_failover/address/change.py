"""What `setup door` writes: the address into .dev.vars, the token into that and a file of its own."""

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mail_failover.disk import replace_whole
from mail_failover.door.address import TOKEN_FILE, read_token
from mail_failover.errors import UsageError
from mail_failover.settings.edit import set_values
from mail_failover.settings.files import DOOR, SPOOL_TOKEN, read_own
from mail_failover.settings.local import WORKERS_DEV, Local
from mail_failover.settings.place import STATE

from .look import Wish


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of the settings in `file`, and of `token_file`; nothing where it is so already.

    `old` is the address that was set before; `makes` tells that the token is a new one, `replaces` that its
    file has another.
    """

    file: Path
    token_file: Path
    before: Mapping[str, str] = field(repr=False)
    values: Mapping[str, str | None] = field(repr=False)
    token: str = field(repr=False)
    makes: bool = False
    replaces: bool = False

    def __bool__(self) -> bool:
        """Tell whether there is anything to write."""
        return bool(self.values or self.token)

    @property
    def old(self) -> str:
        """Return the address that was set before; empty if there was none."""
        return self.before.get(DOOR, "")

    def lines(self) -> Iterator[tuple[Path, str]]:
        """Yield each line that changes in a file, behind a sign as in a diff; no token."""
        for name, value in self.values.items():
            if name in self.before:
                yield self.file, f"-{name}={self.before[name] if name == DOOR else ''}"
            if value is not None:
                yield self.file, f"+{name}={value if name == DOOR else _hidden(new=self.makes)}"
        if self.token:
            if self.replaces:
                yield self.token_file, f"-{_hidden(new=False)}"
            yield self.token_file, f"+{_hidden(new=self.makes)}"

    def write(self) -> None:
        """Write both; the token's file first, since it is where the next run finds it.

        Raises:
            UsageError: a file can't be written; then it is as it was.

        """
        if self.token:
            try:
                replace_whole(self.token_file, f"{self.token}\n")
            except OSError as error:
                what = f"{self.token_file}: can't be written: {error.strerror}."
                raise UsageError(what, "Mend that and run this again.") from error
        if self.values:
            set_values(self.file, self.values)


def plan(local: Local, wish: Wish, *, deployed: bool) -> Change:
    """Compare the settings with the wish.

    The token is the one in the settings, else the one in its file, else a new one; but none where one is
    `deployed`, which nobody can read there.

    Raises:
        UsageError: a file can't be read, the token is none, or others may read it.

    """
    before, file = read_own(local.path), local.folder / STATE / TOKEN_FILE
    door = wish.host or (WORKERS_DEV if wish.workers_dev else None)
    values = {} if before.get(DOOR) == door else {DOOR: door}
    if door is None:
        return Change(local.editable, file, before, values, "")
    kept, here = read_token(None, file.parent, {}) if file.exists() else "", _set(local)
    known = here or kept
    token = known or ("" if deployed else secrets.token_hex(32))
    if token and not here:
        values |= {SPOOL_TOKEN: token}
    new = token if token != kept else ""
    return Change(local.editable, file, before, values, new, makes=not known, replaces=bool(new and kept))


def _set(local: Local) -> str:
    """Return the token in the settings; empty if there is none."""
    token = str(local.variables.get(SPOOL_TOKEN) or "")
    wrong = [problem for problem in local.settings.problems if problem.variable == SPOOL_TOKEN]
    if token and wrong:
        what = f"{SPOOL_TOKEN}, from {local.sources}, can't be used."
        raise UsageError(what, f"It {wrong[0].fix}; or take it out, and this makes one.")
    return token


def _hidden(*, new: bool) -> str:
    return "(a new one, not shown)" if new else "(not shown)"
