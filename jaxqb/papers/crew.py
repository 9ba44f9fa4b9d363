"""Who computes the figures and claims of papers: this process, or several, each with a jax of its own."""

import gc
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import jax

from ..compiled import SMALL, options, understood
from ..errors import JaxqbError, PaperError, fail
from ..sweeps.crews import FLAGS
from .paper import Checked, Paper, Results
from .report import picture

LIGHT = {"xla_backend_optimization_level": "1"}  # of LLVM, a fourth of the time to compile less than its usual level
MOST = 8  # processes a paper, which has more figures than that
Told = Callable[[str, str, float], Any]  # paper, figure and its seconds, as it is done


def drawn(paper: Paper, name: str, quick: bool, out: Path | None) -> Any:
    """The Dataset of a figure, and its picture in a folder, if there is one."""
    data = paper.figures[name](quick)
    if out is not None:
        picture(data, out / paper.key / name)
    return data


def alone(papers: Iterable[Paper], quick: bool, out: Path | None, told: Told) -> Iterator[tuple[Paper, dict, list[Checked]]]:
    """Figures and checked claims of each paper, by this process."""
    for paper in papers:
        data = {}
        for name in paper.figures:
            data[name] = drawn(paper, name, quick, out)
            told(paper.key, name, data[name].attrs["seconds"])
        yield paper, data, paper.check(Results(paper.figures, quick, data))


def together(
    papers: Iterable[Paper], quick: bool, out: Path | None, told: Told, processes: int
) -> Iterator[tuple[Paper, dict, list[Checked]]]:
    """The same by several processes.

    One that is free goes on with its paper, whose programs it has compiled, then with a paper that no other one is at, then with
    that of which most is left, from its end, where long figures are. Claims are checked when all figures of a paper are known.
    `papers` are looked at when the processes have been started, which takes them as long as to load papers here.
    """
    at: dict[Any, tuple[Paper, str]] = {}
    last: dict[Any, Paper] = {}
    end: dict[Any, int] = {}  # at which a process takes figures
    with _started(processes, quick) as links:
        idle, todo = list(links), {paper: [*paper.figures, ""] for paper in papers}  # "": its claims
        data: dict[Paper, dict[str, Any]] = {paper: {} for paper in todo}
        ready = lambda paper: todo[paper] and (todo[paper][0] or len(data[paper]) == len(paper.figures))  # noqa: E731
        while any(todo.values()) or at:
            while idle and (free := [paper for paper in todo if ready(paper)]):
                link, others = idle.pop(0), [paper for paper, _ in at.values()]
                paper = last[link] if last.get(link) in free else max(free, key=lambda one: (one not in others, len(todo[one])))
                if paper is not last.get(link):
                    end[link] = -2 if paper in others else 0  # the last ones are its claims
                name = todo[paper].pop(end[link] if len(todo[paper]) > 1 else 0)
                link.send((paper.key, name, quick, out, None if name else data[paper]))
                at[link], last[link] = (paper, name), paper
            for link in wait(list(at)):
                paper, name = at.pop(link)
                answer = _received(link, paper, name)
                idle.append(link)
                if name:
                    data[paper][name] = answer
                    told(paper.key, name, answer.attrs["seconds"])
                else:
                    checked = [Checked(claim, *found) for claim, found in zip(paper.claims, answer, strict=True)]
                    yield paper, {name: data[paper][name] for name in paper.figures}, checked


def _received(link: Any, paper: Paper, name: str) -> Any:
    try:
        answer = link.recv()
    except EOFError:
        but = f"one ended at {paper.key} {name or 'claims'}"
        fail(PaperError, "processes", "stay alive", but, "see what it said last; processes=1 takes least memory")
    if isinstance(answer, JaxqbError):
        raise answer
    return answer


def _answer(paper: Paper, name: str, quick: bool, out: Path | None, known: Mapping[str, Any] | None) -> Any:
    """A figure, or, of figures that are known, what became of the claims (which themselves may not be pickled)."""
    if name:
        return drawn(paper, name, quick, out)
    return [(one.ours, one.reading, one.stands) for one in paper.check(Results(paper.figures, quick, known))]


def _work(link: Connection, cores: Sequence[int], flags: Mapping[str, Any], compiler: Mapping[str, Any]) -> None:
    """What a process does until it is ended, on cores of its own."""
    from . import load

    gc.freeze()  # what has been imported stays: to look through it again and again takes a fortieth of the time
    if cores:
        os.sched_setaffinity(0, cores)  # where all share all of them, they get into each other's way: a seventh longer
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all; the process that asks ends the others
    for flag, value in flags.items():
        jax.config.update(flag, value)
    given = [f"--{name}={str(value).lower() if isinstance(value, bool) else value}" for name, value in compiler.items()]
    os.environ["XLA_FLAGS"] = " ".join([*given, os.environ.get("XLA_FLAGS", "")])  # read when the first program is compiled
    while True:
        try:
            key, *asked = link.recv()
        except EOFError:  # nobody asks any more
            return
        try:
            link.send(_answer(load(key), *asked))
        except JaxqbError as error:
            link.send(error)


@contextmanager
def _started(count: int, quick: bool) -> Iterator[list[Any]]:
    """Pipes to so many processes, which end with the context; what is quick to run is compiled in short time, too."""
    context, flags = multiprocessing.get_context("spawn"), {flag: getattr(jax.config, flag) for flag in FLAGS}
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_setaffinity") else []
    compiler = options(SMALL) | understood(LIGHT) if quick and options(SMALL) else {}
    links, processes = [], []
    try:
        for k in range(count):
            mine, other = context.Pipe()
            processes.append(
                context.Process(target=_work, args=(other, cores[k % max(len(cores), 1) :: count], flags, compiler), daemon=True)
            )
            processes[-1].start()
            other.close()  # so that it is seen when the process ends
            links.append(mine)
        yield links
    finally:
        for process in processes:
            process.terminate()
