"""Silence: where a library's complaints go that are raised as errors anyway."""


class Silence:
    """A file to write to that keeps nothing."""

    def write(self, text: str) -> None:
        pass

    def flush(self) -> None:
        pass
