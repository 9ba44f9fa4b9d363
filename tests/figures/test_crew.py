"""Several processes compute what one does, each figure once; what goes wrong in one is said in a sentence."""

import dataclasses
import threading
from contextlib import contextmanager
from multiprocessing import Pipe

import jax
import numpy as np
import pytest
import xarray as xr

from jaxqb.errors import PaperError
from jaxqb.papers import crew, load, reproduce
from jaxqb.papers.paper import Claim, Figure, Paper

jax.config.update("jax_enable_x64", True)


def test_another_process_computes_the_same(tmp_path):
    with crew._started(1, True) as (link,):
        link.send(("huangfu2021", "fig8", True, tmp_path, None))
        there, here = link.recv(), load("huangfu2021").figures["fig8"]()
        xr.testing.assert_allclose(there, here, rtol=0, atol=1e-12)
        assert there.attrs.keys() == here.attrs.keys() and there.energy.dtype == np.float64
        assert sorted(path.name for path in (tmp_path / "huangfu2021").iterdir()) == ["fig8.png", "fig8.svg"]
        link.send(("nobody1900", "fig8", True, None, None))
        with pytest.raises(PaperError, match="`paper` must be one of the papers"):
            crew._received(link, load("huangfu2021"), "fig8")
        link.send(("huangfu2021", "fig99", True, None, None))  # it dies of what nobody foresaw
        with pytest.raises(PaperError, match="`processes` must stay alive, but one ended at huangfu2021 fig99; fix: "):
            crew._received(link, load("huangfu2021"), "fig99")


def papers(asked):
    """Two papers of five and two figures, whose claims ask for all of them."""

    def figure(name):
        def compute(quick):
            asked.append(name)
            return xr.Dataset(attrs={"x": "t"})

        return Figure(name, "A caption.", "Fig. 1", compute)

    for key, count in (("first", 5), ("second", 2)):
        names = [f"{key}{i}" for i in range(count)]
        claim = Claim("here", "all figures are there", float(count), lambda r: float(len([r[name] for name in r])))
        yield Paper(key, key, "A", "@a", {}, {name: figure(name) for name in names}, [claim])


def helped(known, log):
    """`_started`, by threads in place of processes."""

    def serve(link, index):
        while True:
            try:
                key, *rest = link.recv()
            except EOFError:
                return
            log.append((index, key))
            link.send(crew._answer(known[key], *rest))

    @contextmanager
    def started(count, quick):
        pairs = [Pipe() for _ in range(count)]
        for index, (_, other) in enumerate(pairs):
            threading.Thread(target=serve, args=(other, index), daemon=True).start()
        yield [mine for mine, _ in pairs]
        for mine, _ in pairs:
            mine.close()

    return started


@pytest.mark.parametrize("processes", [1, 2, 3, 50])
def test_every_figure_is_computed_once_and_every_claim_checked(processes, monkeypatch):
    asked, told, log = [], [], []
    known = {paper.key: paper for paper in papers(asked)}
    monkeypatch.setattr(crew, "_started", helped(known, log))
    done = list(crew.together(list(known.values()), True, None, lambda *row: told.append(row[:2]), processes))
    found = {paper.key: (list(data), [one.stands for one in checked]) for paper, data, checked in done}
    assert found == {key: (list(paper.figures), [True]) for key, paper in known.items()}
    assert sorted(asked) == sorted(name for paper in known.values() for name in paper.figures)  # claims compute none again
    assert sorted(told) == sorted((key, name) for key, paper in known.items() for name in paper.figures)
    first = {index: key for index, key in reversed(log)}
    assert len(first) == min(processes, 9) and set(first.values()) == (set(known) if processes > 1 else {"first"})
    alone = {
        paper.key: (list(data), checked) for paper, data, checked in crew.alone(list(known.values()), True, None, lambda *_: 0)
    }
    assert {key: (names, [one.stands for one in checked]) for key, (names, checked) in alone.items()} == found


def test_a_claim_that_falls_is_told(monkeypatch):
    known = {paper.key: paper for paper in papers([])}
    wrong = dataclasses.replace(known["second"].claims[0], printed=7.0)
    known["second"] = dataclasses.replace(known["second"], claims=[wrong])
    monkeypatch.setattr(crew, "_started", helped(known, []))
    done = crew.together(list(known.values()), True, None, lambda *_: None, 2)
    assert {paper.key: checked[0].stands for paper, _, checked in done} == {"first": True, "second": False}


@pytest.mark.parametrize("processes", [0, -1])
def test_somebody_has_to_work(processes):
    with pytest.raises(PaperError, match=f"`processes` must be at least 1, but it is {processes}; fix: "):
        reproduce("huangfu2021", processes=processes)
