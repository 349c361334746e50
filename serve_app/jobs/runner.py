"""Runner: the seam between the API, which only writes jobs down, and whoever runs them."""

from typing import Protocol


class Dispatcher(Protocol):
    """Wakes what runs the jobs. Jobs run without it too, a poll later."""

    def nudge(self) -> None:
        """Say that there is work, or a wish to stop. Returns at once."""
        ...

    def check(self) -> None:
        """Raise ServiceUnavailable unless someone runs jobs."""
        ...


class NoDispatcher:
    """Nobody is woken: for an API whose jobs are run elsewhere, and found there by polling."""

    def nudge(self) -> None:
        pass

    def check(self) -> None:
        pass
