"""The one error that every command may end with."""


class UsageError(Exception):
    """What the operator gave (a file, an option, a port) can't be used; the text is one line with the fix."""
