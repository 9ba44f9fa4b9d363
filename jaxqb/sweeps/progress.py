"""What a long sweep says on stderr: a bar on a terminal, lines elsewhere, nothing if it is over in a second."""

import abc
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

PATIENCE = 1.0  # seconds of silence
PAUSE = 5.0  # seconds between two lines


class Tell(Protocol):
    """Says that so many more points are done."""

    def __call__(self, points: int) -> None: ...


@contextmanager
def reporting(total: int, progress: bool | None) -> Iterator[Tell]:
    """A function to tell progress to. None: speak where it takes long; True: always; False: never."""
    if progress is False:
        yield lambda points: None
        return
    speaker = (_Bar if sys.stderr.isatty() else _Lines)(total, 0.0 if progress else PATIENCE)
    try:
        yield speaker.tell
    finally:
        speaker.close()


class _Speaker(abc.ABC):
    def __init__(self, total: int, patience: float) -> None:
        self.total, self.patience, self.done = total, patience, 0
        self.begun = time.monotonic()

    def tell(self, points: int) -> None:
        self.done += points
        elapsed = time.monotonic() - self.begun
        if elapsed >= self.patience:
            self.show(elapsed)

    @abc.abstractmethod
    def show(self, elapsed: float) -> None: ...

    @abc.abstractmethod
    def close(self) -> None: ...


class _Lines(_Speaker):
    last = -PAUSE

    def show(self, elapsed: float) -> None:
        ended = self.done >= self.total
        if elapsed - self.last < PAUSE and not ended:
            return
        self.last = elapsed
        left = "" if ended else f", about {elapsed * (self.total - self.done) / self.done:.0f} s left"
        print(f"sweep: {self.done} of {self.total} points, {elapsed:.0f} s{left}", file=sys.stderr, flush=True)

    def close(self) -> None:
        """Lines leave nothing open."""


class _Bar(_Speaker):
    bar = None
    task = None

    def show(self, elapsed: float) -> None:
        if self.bar is None or self.task is None:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            columns = (TextColumn("sweep"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
            self.bar = Progress(*columns, console=Console(stderr=True))
            self.task = self.bar.add_task("sweep", total=self.total)
            self.bar.start()
        self.bar.update(self.task, completed=self.done)

    def close(self) -> None:
        if self.bar is not None:
            self.bar.stop()
