"""What a long sweep says on stderr: a bar on a terminal, lines elsewhere, nothing if it is over in a second."""

import abc
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

PATIENCE = 1.0  # seconds of silence
PAUSE = 5.0  # seconds between two lines


@contextmanager
def reporting(total: int, progress: Any, chunks: int = 1, done: int = 0) -> Iterator["Speaker"]:
    """One to tell progress to.

    Args:
        total: points, of which `done` were done before.
        progress: None: speak where it takes long; True: always; False: never; a function: call it with a dict at each chunk.
        chunks: that are to be solved.
        done: points that are there already.
    """
    patience = PATIENCE if progress is None else 0.0
    if callable(progress):
        speaker: Speaker = _Events(total, patience, chunks, done, progress)
    elif progress is False:
        speaker = _Silence(total, patience, chunks, done)
    else:
        speaker = (_Bar if sys.stderr.isatty() else _Lines)(total, patience, chunks, done)
    try:
        yield speaker
    finally:
        speaker.close()


class Speaker(abc.ABC):
    """One that is told of chunks and says, now and then, how far it is."""

    def __init__(self, total: int, patience: float, chunks: int, done: int) -> None:
        self.total, self.patience, self.chunks, self.before = total, patience, chunks, done
        self.done, self.published = done, 0
        self.begun = time.monotonic()

    def tell(self, points: int) -> None:
        """So many more points are done, a chunk of them."""
        self.done += points
        self.published += 1
        elapsed = time.monotonic() - self.begun
        if elapsed >= self.patience:
            self.show(elapsed)

    def rate(self, elapsed: float) -> float:
        """Points a second."""
        return (self.done - self.before) / max(elapsed, 1e-9)

    def left(self, elapsed: float) -> float:
        """Seconds that are left at this rate."""
        return (self.total - self.done) / max(self.rate(elapsed), 1e-9)

    def say(self, sentence: str) -> None:
        """Say something else."""
        print(f"sweep: {sentence}", file=sys.stderr, flush=True)

    @abc.abstractmethod
    def show(self, elapsed: float) -> None:
        """Say how far it is."""

    def close(self) -> None:  # noqa: B027 - most leave nothing open
        """What is left open is closed."""


class _Silence(Speaker):
    def show(self, elapsed: float) -> None:
        """Nothing."""

    def say(self, sentence: str) -> None:
        """Nothing."""


class _Events(Speaker):
    def __init__(self, total: int, patience: float, chunks: int, done: int, listener: Callable[[dict[str, Any]], object]) -> None:
        super().__init__(total, patience, chunks, done)
        self.listener = listener

    def show(self, elapsed: float) -> None:
        chunk = {"chunk": self.published, "chunks": self.chunks, "points": self.done, "of": self.total}
        times = {"seconds": elapsed, "points_per_second": self.rate(elapsed), "seconds_left": self.left(elapsed)}
        self.listener({"event": "chunk"} | chunk | times)

    def say(self, sentence: str) -> None:
        self.listener({"event": "note", "says": sentence})


class _Lines(Speaker):
    last = -PAUSE

    def show(self, elapsed: float) -> None:
        ended = self.done >= self.total
        if elapsed - self.last < PAUSE and not ended:
            return
        self.last = elapsed
        left = "" if ended else f", about {self.left(elapsed):.0f} s left"
        far = f"{self.done} of {self.total} points, {self.published} of {self.chunks} chunks"
        self.say(f"{far}, {elapsed:.0f} s, {self.rate(elapsed):.3g} points/s{left}")


class _Bar(Speaker):
    bar = None
    task = None

    def show(self, elapsed: float) -> None:
        if self.bar is None or self.task is None:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            columns = (
                TextColumn("sweep"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[far]}"),
                TimeRemainingColumn(),
            )
            self.bar = Progress(*columns, console=Console(stderr=True))
            self.task = self.bar.add_task("sweep", total=self.total, far="")
            self.bar.start()
        far = f"{self.published}/{self.chunks} chunks {self.rate(elapsed):.3g} points/s"
        self.bar.update(self.task, completed=self.done, far=far)

    def say(self, sentence: str) -> None:
        if self.bar is None:
            return super().say(sentence)
        return self.bar.console.print(f"sweep: {sentence}", highlight=False)

    def close(self) -> None:
        if self.bar is not None:
            self.bar.stop()
