"""What can go wrong between here and the spool, by meaning.

    DoorError
    +-- Unreachable         the request never left: no network, no such name, no TLS
    +-- Lost                the request left, and no whole answer came: it may have been carried out
    +-- Failing             the Worker or Cloudflare is there and fails for now
    +-- Closed              404 for everything: another token, another address, no door
    +-- Barred              something before the Worker answers in its place
    +-- NotUnderstood       what came as an answer is none that we know
    +-- Damaged             what came is not the copy that the spool said it has
    +-- Refused             the door does not accept what was asked
        +-- Conflict        it is somebody else's by now, or another message
        +-- Gone            there is no such copy
    DiskError               what came can't be kept on this machine
    Unopened                a copy is encrypted, and can't be opened here
    +-- NoKey               its private key is not here, or can't be used
    +-- UnknownFormat       this version does not know how it is encrypted
    +-- Altered             it is not what was encrypted

None of them means that a message is lost: what the door does not know as delivered stays in the spool.
"""


class DoorError(Exception):
    """A request failed: `what` happened and the `fix`, one line each; neither holds the token."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what, fix)
        self.what = what
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.what} {self.fix}".rstrip()


class Unreachable(DoorError):
    """The request never left."""


class Lost(DoorError):
    """No whole answer came: what was asked may have been carried out."""


class Failing(DoorError):
    """The Worker or Cloudflare fails for now."""


class Closed(DoorError):
    """Everything is answered with 404."""


class Barred(DoorError):
    """Something before the Worker answers in its place."""


class NotUnderstood(DoorError):
    """What came as an answer is none that we know."""


class Damaged(DoorError):
    """What came is not the copy that the spool said it has."""


class Refused(DoorError):
    """The door does not accept what was asked."""


class Conflict(Refused):
    """The lease is over, or the hash is another message's."""


class Gone(Refused):
    """The spool has no such copy."""


class DiskError(Exception):
    """Something can't be written on this machine; `what` names the place, `fix` says what to do."""

    def __init__(self, what: str, fix: str = "Make room or mend that, then run this again.") -> None:
        super().__init__(what, fix)
        self.what = what
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.what} {self.fix}"


class Unopened(Exception):
    """A copy is encrypted and can't be opened here: `why`, without naming a file, and the `fix`."""

    def __init__(self, why: str, fix: str, copy_id: str = "") -> None:
        super().__init__(why, fix, copy_id)
        self.why = why
        self.fix = fix
        self.what = f"{copy_id} can't be opened: {why}." if copy_id else f"{why[:1].upper()}{why[1:]}."

    def __str__(self) -> str:
        return f"{self.what} {self.fix}"


class NoKey(Unopened):
    """Its private key is not here, or can't be used."""


class UnknownFormat(Unopened):
    """This version does not know how it is encrypted."""


class Altered(Unopened):
    """It is not what was encrypted: changed, exchanged, cut, or another copy's."""
