"""What a drawing says: curves, labels, legends and scales; never pixels."""

import types

import jax
import matplotlib
import numpy as np
import pytest
import xarray as xr

import jaxqb as qb
from jaxqb import plot
from jaxqb.errors import Status, SweepError, TimesError
from jaxqb.plot import of_data
from jaxqb.study import picture


@pytest.fixture
def sweep():
    """Like a sweep: two figures, their times, a status."""
    coupling, size = np.array([0.5, 1.0, 2.0]), np.array([2.0, 4.0])
    value = coupling[:, None] * size
    label = {"long_name": "largest average power", "symbol": "P_max", "units": "hbar frequency^2"}
    dims = ("coupling", "n_charger")
    return xr.Dataset(
        {
            "max_average_power": (dims, value, label),
            "max_average_power_time": (dims, 1 / value),
            "status": (dims, np.zeros((3, 2), int)),
        },
        {
            "coupling": ("coupling", coupling, {"long_name": "exchange", "symbol": "g", "units": "frequency"}),
            "n_charger": ("n_charger", size, {"long_name": "charger spins", "symbol": "N_C", "units": "cells"}),
        },
    )


def texts(figure):
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


def test_lines(sweep):
    figure = plot.lines(sweep)
    (ax,) = figure.axes
    assert ax.get_xlabel() == "exchange, $g$ (frequency)"
    assert ax.get_ylabel() == "largest average power,\n$P_{\\mathrm{max}}$ (ħ frequency²)"
    assert texts(figure) == ["$N_{C}$ = 2", "$N_{C}$ = 4"]
    for line, size in zip(ax.lines, (2, 4), strict=True):
        assert line.get_xdata() == pytest.approx([0.5, 1, 2]) and line.get_ydata() == pytest.approx(np.array([0.5, 1, 2]) * size)
    assert len({line.get_color() for line in ax.lines}) == 2


def test_lines_with_choices(sweep):
    figure = plot.lines(sweep, "max_average_power", x="n_charger", log="xy", points=True)
    (ax,) = figure.axes
    assert len(ax.lines) == 3 and ax.get_xscale() == ax.get_yscale() == "log"
    assert len({line.get_marker() for line in ax.lines}) == 3
    panels = plot.lines(sweep, facet="n_charger").axes
    assert [ax.get_title(loc="left") for ax in panels] == ["(a) $N_{C}$ = 2", "(b) $N_{C}$ = 4"]
    assert [len(ax.lines) for ax in panels] == [1, 1] and panels[1].get_ylabel() == ""
    assert plot.lines(sweep, facet="n_charger").legends == []
    assert panels[0].get_ylim() == panels[1].get_ylim() and panels[0].get_ylim()[1] > float(sweep.max_average_power.max())


def test_nothing_is_drawn_across_a_gap(sweep):
    sweep["max_average_power"][1, 0] = np.nan
    line = plot.lines(sweep).axes[0].lines[0]
    assert line.get_ydata() == pytest.approx([1.0, np.nan, 4.0], nan_ok=True)  # of which matplotlib joins no two
    assert line.get_marker() != "None"  # or points that are alone would not be seen


def test_of_dense_points_some_are_drawn(sweep):
    sweep["max_average_power"].attrs["every"] = 2
    assert [line.get_markevery() for line in plot.lines(sweep, points=True).axes[0].lines] == [2, 2]


def test_map(sweep):
    sweep["max_average_power"][0, 1] = np.nan
    figure = plot.map(sweep)
    ax, bar = figure.axes
    mesh = ax.collections[0]
    shown = mesh.get_array().reshape(2, 3)  # rows along y
    assert shown.filled(0) == pytest.approx(np.array([[1.0, 2, 4], [0, 4, 8]]))
    assert np.ma.getmaskarray(shown).sum() == 1
    assert ax.get_xlabel().startswith("exchange") and ax.get_ylabel().startswith("charger spins")
    assert bar.get_ylabel().startswith("largest average power")
    both = plot.map(xr.concat([sweep, 2 * sweep], "a"), facet="a", x="coupling", y="n_charger").axes[:2]
    assert {(ax.collections[0].norm.vmin, ax.collections[0].norm.vmax) for ax in both} == {(1.0, 16.0)}
    swapped = plot.map(sweep, x="n_charger", y="coupling").axes[0]
    assert swapped.get_xlabel().startswith("charger spins")


def test_what_cannot_be_drawn_says_so(sweep):
    wide = xr.Dataset({"E": (("a", "b", "c"), np.zeros((2, 3, 4)))})
    with pytest.raises(SweepError, match="`E` must have one axis besides c"):
        plot.lines(wide)
    assert len(plot.lines(wide, facet="a").axes) == 2
    for act, named in (
        (lambda: plot.lines(sweep, facet="coupl"), "`facet` .*'coupl' is none; fix: write coupling"),
        (lambda: plot.lines(sweep, x="coupl"), "`x` .*'coupl' is none; fix: write coupling"),
        (lambda: plot.map(sweep, x="coupl"), "`x` .*'coupl' is none; fix: write coupling"),
        (lambda: plot.map(sweep, y="charger"), "`y` .*'charger' is none; fix: write n_charger"),
        (lambda: of_data._check_axes(sweep.dims, facet=3), "`facet` .*3 is none; fix: use one of coupling, n_charger"),
        (lambda: plot.lines(sweep, x="coupling", facet="coupling"), "`facet` .*both are coupling"),
        (lambda: plot.lines(sweep, "max_power"), "`names` .*'max_power' is none; fix: write max_average_power"),
        (lambda: plot.map(sweep, "max_power"), "`names` .*'max_power' is none; fix: write max_average_power"),
        (lambda: plot.lines(sweep[[]]), "`ds` must have a variable"),
        (lambda: plot.lines(sweep, log="z"), "`log` must have no letters but x, y, but it is 'z'"),
        (lambda: plot.map(sweep, log="c"), "`log` must have no letters but x, y, z, but it is 'c'"),
        (lambda: plot.map(sweep - 10, log="z"), "`log` .*max_average_power has none; fix: leave its colours linear"),
        (lambda: plot.map(sweep.assign_coords(coupling=[0, 1, 2]), log="x"), "`log` .*one of coupling is 0; fix: select"),
        (lambda: plot.lines(sweep.isel(coupling=0, n_charger=0)), "`max_average_power` .*one number"),
        (lambda: plot.map(wide), "two axes to map, but 'E' has a, b, c; fix: select"),
        (lambda: plot.map(sweep, x="coupling", y="coupling"), "`y` .*both are coupling"),
        (lambda: plot.map(sweep, facet="n_charger"), "of which n_charger is the facet"),
        (lambda: plot.map(sweep.assign(E=sweep.coupling), "status", "E"), "the same of all variables, but 'E' has coupling"),
        (lambda: plot.optimum(sweep), "`result` must be an optimization, but it is Dataset"),
        (lambda: plot.save(sweep, "out"), "`figure` .*Dataset"),
        (lambda: plot.save(plot.lines(sweep), "out", "jpg"), "`formats` .*'jpg' is none"),
    ):
        with pytest.raises(SweepError, match=named):
            act()


@pytest.mark.parametrize("stem", ["", "out/", ".", "out/.png"])
def test_nothing_hidden_is_saved(sweep, tmp_path, monkeypatch, stem):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SweepError, match="`stem` must end with the name of a file"):
        plot.save(plot.lines(sweep), stem)
    assert list(tmp_path.iterdir()) == []


def test_names_may_have_blanks(sweep):
    ds = sweep.rename(max_average_power="my power")
    assert plot.lines(ds, "my power").axes[0].get_ylabel() == plot.map(ds, "my power").axes[1].get_ylabel() != ""
    drawn = plot.draw(
        sweep.assign({"my power": 2 * sweep.max_average_power}).assign_attrs(
            x="coupling", panels=["max_average_power", ["my power", "max_average_power"]]
        )
    )
    assert [len(ax.lines) for ax in drawn.axes] == [2, 4]


@pytest.mark.parametrize("act", [plot.lines, plot.map])
def test_what_is_complex_is_not_drawn(act):
    """Or one would see its real part, and not know it."""
    curves = qb.evolve(qb.SpinCharger(2, 3), [0.5, 1.0], "amplitudes")
    with pytest.raises(SweepError, match="`amplitudes` must be real to be drawn, but it is complex; fix: draw "):
        act(curves)
    ds = curves.to_dataset()
    assert act(ds.assign({"amplitudes": abs(ds["amplitudes"]) ** 2})).axes  # as the sentence says


@pytest.mark.parametrize(("count", "named"), [(7, 7), (8, 8), (12, 12), (30, 11)])
@pytest.mark.parametrize("facet", [None, "a"])
def test_many_curves_differ_in_colour(count, named, facet):
    hue = ("level", np.arange(count), {"symbol": "m"})
    ds = xr.Dataset({"E": (("a", "level", "t"), np.ones((2, count, 5)))}, {"level": hue, "t": np.arange(5)})
    figure = plot.lines(ds if facet else ds.isel(a=0), x="t", facet=facet)
    colours = [[line.get_color() for line in ax.lines] for ax in figure.axes]
    assert all(len(set(panel)) == count and panel == colours[0] for panel in colours)
    assert (tuple(colours[0]) == plot.COLOURS) == (count == len(plot.COLOURS))
    assert len(texts(figure)) == named and texts(figure)[0] == "$m$ = 0" and texts(figure)[-1] == f"$m$ = {count - 1}"
    words = ds.isel(a=0).assign_coords(level=[f"case {k}" for k in range(count)])
    assert len(texts(plot.lines(words, x="t"))) == count  # between which there is nothing to be read


@pytest.mark.parametrize(
    ("axis", "ends"),
    [([4.0, 5, 10, 20, 40], (3.5, 45.0)), ([40.0, 20, 10], (5.0, 45.0)), ([1.0, 2, 3], (0.5, 3.5)), ([1.0, 3], (0, 4))],
)
def test_maps_end_with_the_data(axis, ends):
    ds = xr.Dataset({"E": (("x", "y"), np.ones((len(axis), 2)))}, {"x": axis, "y": [0.0, 1.0]})
    assert plot.map(ds).axes[0].get_xlim() == pytest.approx(ends)
    assert plot.map(ds, x="y").axes[0].get_ylim() == pytest.approx(ends)


def corners(mesh):
    """Where the cells of a map begin and end, along x and along y."""
    places = mesh.get_coordinates()
    return places[0, :, 0].tolist(), places[:, 0, 1].tolist()


def test_maps_with_logarithms():
    """Cells meet in the middle of their places as one sees them; of a logarithm what is not positive is missing."""
    places = {"x": [0.1, 1.0, 10.0], "y": [1.0, 2.0]}
    ds = xr.Dataset({"E": (("y", "x"), [[0.0, 1.0, 10.0], [-1.0, 100.0, 1000.0]])}, places)
    ax, bar = plot.map(ds, x="x", log="xz").axes
    across, along = corners(ax.collections[0])
    assert across == pytest.approx([10**e for e in (-1.5, -0.5, 0.5, 1.5)]) and along == pytest.approx([0.5, 1.5, 2.5])
    assert (ax.get_xscale(), ax.get_yscale(), bar.get_yscale()) == ("log", "linear", "log")
    assert ax.get_xlim() == pytest.approx((across[0], across[-1]))
    norm, shown = ax.collections[0].norm, ax.collections[0].get_array().reshape(2, 3)
    assert norm.vmin == 1.0 and norm.vmax == 1000.0 and norm(10**1.5) == pytest.approx(0.5)
    assert np.ma.getmaskarray(shown).tolist() == [[True, False, False], [True, False, False]]


@pytest.mark.parametrize("cut", [{}, {"kind": [0]}, {"x": [0]}, {"kind": [1], "x": [2]}])
def test_maps_of_words_and_of_one_row(cut):
    places = {"kind": ["spin chain", "cavity"], "x": [0.1, 1.0, 10.0]}
    part = xr.Dataset({"E": (("kind", "x"), np.arange(6.0).reshape(2, 3))}, places).isel(cut)
    figure = plot.map(part)
    figure.draw_without_rendering()
    ax = figure.axes[0]
    assert [tick.get_text() for tick in ax.get_xticklabels()] == [str(kind) for kind in part["kind"].values]
    assert list(ax.get_xticks()) == list(range(part.sizes["kind"]))
    if part.sizes["x"] == 1:
        assert [tick.get_text() for tick in ax.get_yticklabels()] == [f"{part.x.item():g}"]
    assert ax.collections[0].get_array().count() == part["E"].size and len(ax.collections) == 1  # words have no contours


@pytest.mark.parametrize(("along", "sizes"), [({}, 2), ({"charger_frequency": [0.9, 1.0, 1.1]}, 2), ({}, 9)])
def test_why_points_are_missing_can_be_read(along, sizes):
    """Without coupling there is no peak. The note stands free of legend and axes, and counts points of all panels."""
    axes = {"coupling": np.linspace(0.0, 1.0, 9), "n_charger": np.arange(2, 2 + sizes), **along}
    names = ["first_peak", "max_average_power"]
    data = qb.sweep(names, qb.SpinCharger(2, 2), axes, progress=False)
    data["status"][8] = Status.MISSING
    for name in names:
        data[name][8] = np.nan
    figure = picture.of_sweep(data, names[:1])
    figure.draw_without_rendering()
    count = sizes * len(along.get("charger_frequency", "1"))
    said = f"{'grey' if sizes == 9 else 'crosses'}: {count} points not computed yet and {count} points without an answer"
    assert figure.get_suptitle().replace("\n", " ") == said and figure.get_supxlabel() == ""
    note = figure._suptitle.get_window_extent()
    assert not any(note.overlaps(other.get_tightbbox()) for other in (*figure.axes, *figure.legends))
    assert note.x0 >= 0 and note.x1 <= figure.bbox.x1
    assert picture.of_sweep(data.where(data.status == 0, 1.0), names).get_suptitle() == ""


@pytest.mark.parametrize(
    ("values", "log"),
    [
        (np.geomspace(1e-3, 1.0, 9), True),
        (np.geomspace(100.0, 1.0, 9), True),
        (2 ** np.arange(1, 10), True),
        (np.arange(1, 10), False),
        ([0.0, 1.0, 10.0], False),
        ([-1.0, -10.0, -100.0], False),
        ([1.0, 2.0, 4.0], False),
        ([1.0, 100.0], False),
        ([1.0, 10.0, 100.0, 999.0], False),
    ],
)
def test_pictures_of_sweeps_have_the_spacing_of_their_axes(values, log):
    n = len(values)
    ds = xr.Dataset({"E": (("y", "x"), np.ones((n, n + 1)))}, {"x": np.arange(n + 1), "y": values})
    curves, picked = picture.of_sweep(ds.isel(x=0, drop=True), ["E"]), ds.isel(x=[0, 1]).rename(x="z")
    assert curves.axes[0].get_xscale() == picture.of_sweep(picked, ["E"]).axes[0].get_xscale() == ("log" if log else "linear")
    if n > picture.MANY:
        (ax, _) = picture.of_sweep(ds, ["E"]).axes
        assert (ax.get_xscale(), ax.get_yscale()) == ("linear", "log" if log else "linear")


def test_curves_of_functions_have_axes_of_their_own():
    """As a sweep over a function gives that returns two curves and a number."""
    dims = ("n_charger",)
    table = xr.Dataset(
        {"E": ((*dims, "E_0"), np.ones((2, 5))), "W": ((*dims, "W_0"), np.ones((2, 4))), "top": (dims, [1.0, 2.0])},
        {"n_charger": [4, 6]},
    )
    axes = plot.lines(table).axes
    assert [ax.get_xlabel() for ax in axes][:2] == ["index of E", "index of W"]
    assert [[len(line.get_xdata()) for line in ax.lines] for ax in axes] == [[5, 5], [4, 4], [2]]
    assert len(plot.lines(table, "E", "W", facet="n_charger").axes) == 4
    assert len(plot.lines(table[["E", "W"]].isel(n_charger=0)).axes) == 2


def test_entries_of_an_array_are_counted():
    table = xr.Dataset(
        {"some_levels": (("time", "some_levels_0"), np.eye(3))}, {"time": [0.0, 1.0, 2.0], "some_levels_0": range(3)}
    )
    assert texts(plot.lines(table)) == ["some levels [0]", "some levels [1]", "some levels [2]"]


def test_axes_without_coordinates():
    ax = plot.lines(xr.Dataset({"E": ("step", [3.0, 1.0, 2.0])})).axes[0]
    assert ax.get_xlabel() == "step" and ax.lines[0].get_xdata() == pytest.approx([0, 1, 2])


def test_optimum(sweep):
    result = types.SimpleNamespace(
        history={"value": np.array([1.0, 3.0, 4.0]), "coupling": np.array([0.5, 1.5, 2.0])},
        objective="max_average_power",
        parameters={"coupling": 2.0},
        value=4.0,
    )
    assert len(plot.optimum(result).axes) == 1
    history, scan = plot.optimum(result, sweep.isel(n_charger=0, drop=True)).axes
    assert history.lines[0].get_ydata() == pytest.approx([1, 3, 4])
    assert history.get_ylabel().startswith("largest average power") and history.get_xlabel() == "step of the best start"
    curve, star = scan.lines
    assert curve.get_ydata() == pytest.approx([1, 2, 4])
    assert (float(star.get_xdata()[0]), float(star.get_ydata()[0])) == (2.0, 4.0)
    with pytest.raises(SweepError, match="`scans` must have one axis each, but one has coupling, n_charger; fix: "):
        plot.optimum(result, sweep)


@pytest.mark.parametrize(
    ("symbol", "written"),
    [
        ("gamma", r"$\gamma$"),
        ("g~ omega_0", r"$\tilde{g} \omega_{0}$"),
        ("P_max / sqrt(N)", r"$P_{\mathrm{max}} / \sqrt{N}$"),
        ("<sigma^z>", r"$\langle \sigma^z\rangle $"),
        ("A N_B^1.5", r"$A N_{B}^{1.5}$"),
        ("d ln(eta)", r"$d \ln(\eta)$"),
        ("lg P_max", r"$\lg P_{\mathrm{max}}$"),
    ],
)
def test_symbols(symbol, written):
    assert plot.tex(symbol) == written
    figure = plot.lines(xr.Dataset({"E": ("t", [0.0, 1.0], {"symbol": symbol, "long_name": "x"})}))
    figure.draw_without_rendering()  # mathtext can read it


def test_long_names_are_wrapped_and_their_symbols_kept_together():
    attrs = {"long_name": "largest stored energy within a window of time", "symbol": "E_max", "units": "omega_0"}
    lines = plot.label(xr.DataArray(0.0, attrs=attrs), 24).split("\n")
    assert len(lines) > 1 and lines[-1].endswith(r"$E_{\mathrm{max}}$ ($\omega_{0}$)")
    assert plot.label(xr.DataArray(0.0, attrs={"long_name": "time", "units": "1"})) == "time"


@pytest.mark.parametrize(
    ("name", "written"), [("collective_advantage", "collective advantage"), ("P_max", "$P_{\\mathrm{max}}$")]
)
def test_names_of_variables_are_words_or_symbols(name, written):
    assert plot.label(xr.DataArray(0.0, name=name, attrs={"long_name": name, "symbol": name})) == written
    assert plot.label(xr.DataArray(0.0, name=name)) == written


def test_entries_are_written_as_mathematics():
    hue = xr.DataArray([10_000.0, np.inf, 1.23456], dims="size", attrs={"symbol": "N_C"})
    ds = xr.Dataset({"E": (("size", "t"), np.ones((3, 2)))}, {"size": hue})
    assert texts(plot.lines(ds, x="t")) == ["$N_{C}$ = 10000", "$N_{C}$ = ∞", "$N_{C}$ = 1.235"]
    named = ds.assign_coords(size=["Delta = 0", "0.72 sqrt(N)", "plain"])
    assert texts(plot.lines(named, x="t")) == [r"$\Delta$ = 0", r"0.72 $\sqrt{N}$", "plain"]


def test_what_lines_and_points_of_a_hue_are():
    dims, size = ("size", "t"), xr.DataArray([1.0, 2.0], dims="size", attrs={"symbol": "N"})
    variables = {
        "law": (dims, np.ones((2, 3)), {"label": "law"}),
        "exact": (dims, np.ones((2, 3)), {"label": "exact", "draw": "beneath"}),
    }
    figure = plot.draw(xr.Dataset(variables, {"size": size, "t": np.arange(3.0)}, {"x": "t", "panels": ["exact law"]}))
    assert texts(figure) == ["$N$ = 1", "$N$ = 2", "exact", "law"]
    *_, points, line = figure.legends[0].legend_handles
    assert (points.get_marker(), points.get_linestyle()) == ("o", "None") and line.get_linestyle() == "-"
    assert points.get_color() == line.get_color() == plot.GREY
    below, _, above, _ = figure.axes[0].lines
    assert below.get_zorder() < above.get_zorder() and below.get_color() != above.get_color()


def test_one_name_is_said_too():
    ds = xr.Dataset({"E": ("t", [0.0, 1.0], {"label": "law"})}, {"t": [0.0, 1.0]}, {"x": "t", "panels": ["E"]})
    assert texts(plot.draw(ds)) == ["law"]


def test_style_stays_inside(sweep, tmp_path):
    before = dict(matplotlib.rcParams)
    paths = plot.save(plot.lines(sweep), tmp_path / "folder" / "figure")
    assert [path.name for path in paths] == ["figure.png", "figure.svg", "figure.pdf"]
    assert all(path.stat().st_size > 1000 for path in paths)
    assert plot.save(plot.lines(sweep), tmp_path / "figure.png", ["png"]) == [tmp_path / "figure.png"]
    assert dict(matplotlib.rcParams) == before


def test_names_of_functions_stand_upright():
    assert plot.tex("Re(z)") == r"$\operatorname{Re}(z)$"
    assert plot.tex("Reynolds") == "$Reynolds$"


@pytest.mark.parametrize(("values", "whole"), [([[0.0, 1.0], [2.0, np.nan]], True), ([[0.0, 0.5], [1.0, 2.0]], False)])
def test_colour_bars_of_counts_have_whole_numbers(values, whole):
    ds = xr.Dataset({"count": (("y", "x"), values, {"long_name": "count"})}, {"x": [0.0, 1.0], "y": [0.0, 1.0]})
    figure = plot.map(ds)
    figure.draw_without_rendering()
    low, high = figure.axes[1].get_ylim()
    ticks = [tick for tick in figure.axes[1].get_yticks() if low <= tick <= high]
    assert all(tick == round(tick) for tick in ticks) == whole


@pytest.mark.parametrize(("x", "whole"), [([1.0, 2.0, 12.0], True), ([1.0, 2.5, 12.0], False)])
def test_axes_that_count_have_whole_numbers(x, whole):
    figure = plot.lines(xr.Dataset({"E": ("cells", [0.0, 1.0, 2.0])}, {"cells": x}))
    figure.draw_without_rendering()
    assert all(tick == round(tick) for tick in figure.axes[0].get_xticks()) == whole


def test_a_time_is_drawn_that_is_no_time_of_something_else(sweep):
    time = sweep.max_average_power.rename("storage_time")
    assert of_data._figures_of(sweep.assign(storage_time=time)) == ["max_average_power", "storage_time"]


def test_notebooks_show_drawings(sweep):
    assert plot.lines(sweep)._repr_png_().startswith(b"\x89PNG")


@pytest.fixture(scope="module")
def curves():
    """One spin charges another: E = sin^2 t."""
    one = lambda battery, state: state.charger_excitations()  # noqa: E731
    save = {"energy": "energy", "P": "average_power", "level_populations": "level_populations"}
    save |= {"mine": one, "its_slope": qb.merit.Rate(one), "mean": qb.merit.Average(qb.merit.purity)}
    return qb.evolve(qb.SpinCharger(1, 1), np.linspace(0.0, 1.0, 5), save)


def test_curves_as_a_dataset(curves):
    ds = curves.to_dataset()
    ts = np.linspace(0.0, 1.0, 5)
    assert list(ds) == ["energy", "P", "level_populations", "mine", "its_slope", "mean"]
    np.testing.assert_allclose(ds.energy.sel(time=0.5), np.sin(0.5) ** 2, rtol=0, atol=1e-14)
    np.testing.assert_allclose(ds.level_populations.isel(level_populations_0=1), np.sin(ts) ** 2, rtol=0, atol=1e-14)
    about = {name: (ds[name].attrs["symbol"], ds[name].attrs["units"]) for name in ds}
    assert about == {
        "energy": ("E", "hbar frequency"),
        "P": ("P", "hbar frequency^2"),
        "level_populations": ("p_m", "1"),
        "mine": ("", ""),
        "its_slope": ("df / dt", "frequency"),
        "mean": ("Delta Tr rho_B^2 / t", "frequency"),
    }
    assert ds.attrs["law"] == "chain" and ds.attrs["status"] == "solved"
    assert len(ds[["energy", "mine"]].to_dataframe()) == 5


def test_curves_are_drawn(curves):
    energy, slope = plot.lines(curves, "energy", "its_slope").axes
    assert energy.get_xlabel() == "time, $t$ (1 / frequency)" and energy.get_ylabel() == "energy, $E$ (ħ frequency)"
    assert slope.lines[0].get_ydata() == pytest.approx(-np.sin(2 * np.linspace(0.0, 1.0, 5)), abs=1e-14)
    axes, _ = plot.map(curves, "level_populations").axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("time, $t$ (1 / frequency)", "index of level populations")
    assert len(plot.lines(curves, "level_populations").axes[0].lines) == 2  # along time, though there were more levels than times
    short = qb.evolve(qb.SpinCharger(4, 4), [0.1, 0.2], "level_populations")
    assert plot.lines(short).axes[0].get_xlabel() == "time, $t$ (1 / frequency)"


def test_standard_errors_of_curves():
    chain = qb.SpinChain.uniform(2)
    ds = qb.evolve(chain, [0.5], ["energy"], law=chain.trajectories(200, jax.random.key(0))).to_dataset()
    assert ds.energy_error.attrs["long_name"] == "standard error of energy" and float(ds.energy_error[0]) > 0


def test_no_dataset_of_a_batch():
    run = lambda g: qb.evolve(qb.SpinCharger(1, 1, coupling=g), [0.5, 1.0])  # noqa: E731
    batch = jax.vmap(run)(np.array([1.0, 2.0, 3.0]))
    with pytest.raises(TimesError, match=r"`ts` must be those of one solution.*\(3, 2\); fix: "):
        batch.to_dataset()
    assert jax.tree.map(lambda x: x[1], batch).to_dataset().energy[0] == pytest.approx(np.sin(1.0) ** 2)
    with pytest.raises(TimesError, match="they are traced; fix: "):
        jax.jit(lambda g: run(g).to_dataset().energy.values)(1.0)
