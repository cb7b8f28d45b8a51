"""A wall clock that can be put forward, so that the hours of an outage need not be waited for."""

import time


class Clock:
    """Gives the seconds since 1970 when it is called; `ahead` is by how many it was put forward."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return time.time() + self.ahead

    def put_forward(self, seconds: float) -> None:
        """Let so much time have passed."""
        self.ahead += seconds
