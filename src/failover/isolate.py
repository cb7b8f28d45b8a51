"""What the Worker remembers from one message to the next, for as long as its isolate lives."""

from collections.abc import Mapping

from .settings import Settings

REMIND_SECONDS = 6 * 3600.0
"""How long nobody is told again what is wrong with the settings."""


class Isolate:
    """The settings, read once as long as the environment stays the same, and when they were complained of."""

    def __init__(self) -> None:
        self._env: Mapping[str, object] | None = None
        self._settings = Settings()
        self._reminded: float | None = None
        self._closed, self._closed_for = 0.0, 0.0

    def settings(self, env: Mapping[str, object]) -> Settings:
        """Return the settings of an environment."""
        if env != self._env:
            self._env, self._settings, self._reminded = env, Settings.from_env(env), None
        return self._settings

    def may_remind(self, now: float) -> bool:
        """Tell whether it is time to say what is wrong with them; `now` is in seconds."""
        due = self._reminded is None or now - self._reminded >= REMIND_SECONDS
        return due and bool(self._settings.problems)

    def is_closed(self, now: float) -> bool:
        """Tell whether the door is closed, as far as is known here."""
        # By a clock that was set back it would be closed for long.
        return 0.0 <= now - self._closed < self._closed_for

    def close(self, now: float, seconds: float) -> None:
        """Take note for how long the door is closed."""
        self._closed, self._closed_for = now, seconds

    def reminded(self, now: float) -> None:
        """Take note that somebody was told."""
        self._reminded = now
