"""What can go wrong before the emulator serves."""


class SetupError(Exception):
    """What the operator gave (a file, an option, a port) can't be used; the text is one line with the fix."""
