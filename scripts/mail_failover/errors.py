"""The one error that every command may end with."""


class UsageError(Exception):
    """What the operator gave (a file, an option, a port) can't be used.

    `what` is wrong with it, and the `fix`, if that does not go without saying; the text is both, in one line.
    """

    def __init__(self, what: str, fix: str = "") -> None:
        super().__init__(what, fix)
        self.what = " ".join(what.split())
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.what} {self.fix}".rstrip()
