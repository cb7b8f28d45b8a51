"""What can go wrong between here and a chat service, by meaning.

ChatError
+-- TokenRejected       the service does not know the token, or no longer
+-- Unreachable         the request never left: no network, no such name, no TLS
+-- Failing             the service fails for now, or asks to wait
+-- NotUnderstood       what came as an answer is none that we know
+-- NoSuchChat          there is no such chat, or the bot has no part in it
+-- Encrypted           the room is encrypted, and the Worker encrypts nothing
+-- MissingScope        the token may not ask this
+-- NotHeard            nobody wrote the start code in time
+-- Taken               what is written to the bot goes elsewhere
    +-- WebhookSet      to a webhook
    +-- OtherReader     to another program that asks for it
    +-- Crowded         so much waits for another program that more can't be seen

Nothing was changed by what failed: it can be asked again.
"""


class ChatError(Exception):
    """A service could not be asked: `what` happened and the `fix`, one line each; neither holds a secret."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what, fix)
        self.what = what
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.what} {self.fix}"


class TokenRejected(ChatError):
    """The service does not know the token, or no longer."""


class Unreachable(ChatError):
    """The request never left."""


class Failing(ChatError):
    """The service fails for now, or asks to wait `retry_after` seconds; 0 where it names no time."""

    def __init__(self, what: str, fix: str, retry_after: float = 0.0) -> None:
        super().__init__(what, fix)
        self.retry_after = retry_after


class NotUnderstood(ChatError):
    """What came as an answer is none that we know."""


class NoSuchChat(ChatError):
    """There is no such chat, or the bot has no part in it."""


class Encrypted(ChatError):
    """The room is encrypted, and the Worker encrypts nothing."""


class MissingScope(ChatError):
    """The token may not ask this."""


class NotHeard(ChatError):
    """Nobody wrote the start code in time."""


class Taken(ChatError):
    """What is written to the bot goes elsewhere; alerts arrive all the same."""


class WebhookSet(Taken):
    """To a webhook."""


class OtherReader(Taken):
    """To another program that asks for it."""


class Crowded(Taken):
    """So much waits for another program that more can't be seen without taking it away."""
