"""Chunks of a sweep, some at a time, each given away as it ends; what a signal to stop does to them."""

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)
LONG = 5.0  # seconds without a chunk, after which one asks whether anybody works


class Stopped(KeyboardInterrupt):
    """A signal came while chunks were waiting.

    Attributes:
        number: of the signal.
    """

    number: int = signal.SIGINT


class Stop:
    """Where a signal is noted: `number` is 0 until it came. A second one does what signals usually do.

    Attributes:
        ended: futures that are done, and None for a signal.
        say: tells people.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self.number = 0
        self.ended: SimpleQueue = SimpleQueue()
        self.say = say

    @contextmanager
    def listening(self) -> Iterator["Stop"]:
        """Note signals (in the main thread; no other one is told of them)."""
        if threading.current_thread() is not threading.main_thread():
            yield self
            return
        usual = {each: signal.getsignal(each) or signal.SIG_DFL for each in SIGNALS}

        def note(number: int, frame: FrameType | None) -> None:
            del frame
            self.number = number
            restore()
            self.ended.put(None)  # and nothing is said here: the signal may have come while something was being said

        def restore() -> None:
            for each in SIGNALS:
                signal.signal(each, usual[each])

        for each in SIGNALS:
            signal.signal(each, note)
        try:
            yield self
        finally:
            restore()


def work_through(chunks: Iterable[Any], crew: Any, publish: Callable, stop: Stop) -> None:
    """Solve all chunks, some at a time, and publish each as it ends.

    Args:
        chunks: what the crew solves.
        crew: its `submit` begins to solve a chunk and returns a future, whose `result` waits so many seconds, or raises `Empty`;
            its `room` is how many there may be now; its `missing` says why nothing ends, if it knows.
        publish: takes a chunk and its result.
        stop: after a signal, what runs is finished and nothing more begun.

    Raises:
        Stopped: if a signal left chunks waiting.
    """
    waiting, running = iter(chunks), {}
    try:
        while True:
            while len(running) < crew.room and not stop.number and (chunk := next(waiting, None)) is not None:
                future = crew.submit(chunk)
                running[future] = chunk
                future.add_done_callback(stop.ended.put)
            if not running:
                break
            future = _waiting(lambda seconds: stop.ended.get(timeout=seconds), crew, stop)
            if future is None:
                stop.say("stopping when the running chunks are done; once more: at once")
            else:
                publish(running.pop(future), _waiting(future.result, crew, stop))
    finally:
        for future in running:
            future.cancel()
    if stop.number and next(waiting, None) is not None:
        stopped = Stopped()
        stopped.number = stop.number
        raise stopped


def _waiting(wait: Callable[[float], Any], crew: Any, stop: Stop) -> Any:
    """What one waits for; if it takes long and nobody is there who works for it, that is said once."""
    said = False
    while True:
        try:
            return wait(LONG)
        except Empty:
            if not said and (why := crew.missing()):
                stop.say(why)
                said = True
