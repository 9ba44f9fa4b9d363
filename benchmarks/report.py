"""``python -m benchmarks --report [DIR]``: all workloads beside their peers: rows, a table, a picture of work against precision.

``rows.json`` has all of it, ``python -m benchmarks.report DIR`` makes ``table.md``, ``work.png`` and ``work.svg`` of it again.
"""

import json
import os
import platform
import sys
from dataclasses import asdict
from pathlib import Path

from .timing import ACCURACY, Row, compare, cores, say
from .workloads import FULL, NAMES, QUICK

TRIAL = {False: 20.0, True: 2.0}  # seconds for the configurations of one tool, by `quick`
LEFT_OUT = {("W3b", "qutip"): "one call takes about a minute"}
GRADIENT = "W6 gradient"
CLOSED = "not accurate enough to count"
LATER = "W3b", "W4g", "W6u", GRADIENT  # not in a quick report: like others, or long to compile
LOOKS = {  # colour, marker, whether it is hollow, and name in the legend
    "jaxqb": ("#0072B2", "o", False, "jaxqb"),
    "qutip": ("#D55E00", "s", False, "QuTiP"),
    "qutip, product": ("#D55E00", "s", True, "QuTiP, tensor product"),
    "dynamiqs": ("#009E73", "D", False, "dynamiqs"),
    "dynamiqs, product": ("#009E73", "D", True, "dynamiqs, tensor product"),
    "diffrax, whole matrix": ("#CC79A7", "v", False, "diffrax, whole matrix"),
    "diffrax, 12 diagonals": ("#CC79A7", "v", True, "diffrax, 12 diagonals"),
    "diffrax, our field": ("#CC79A7", "P", False, "diffrax, our field"),
    "scipy": ("#E69F00", "<", False, "scipy, 12 diagonals"),
    "by hand": ("#E69F00", "^", False, "by hand in numpy"),
    "by hand, modes": ("#E69F00", "^", False, "by hand in numpy"),
    "by hand, memory": ("#E69F00", "^", True, "by hand, memory"),
}


def measure(folder, names, rounds, quick):
    """Measure all of it and write it down."""
    from .gradients import measure as gradients
    from .ours import ours
    from .peers import contenders

    workloads, rows, facts = (QUICK if quick else FULL), [], machine()
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name in names or [name for name in (*workloads, GRADIENT) if not (quick and name in LATER)]:
        if name == GRADIENT:
            measured = gradients("W6", workloads["W6"], rounds, ("reverse", "Dopri8 Forward"))
            rows += [row for row in measured if row.workload == GRADIENT]
        else:
            work = workloads[name]
            tools = {tool: ways for tool, ways in contenders(work).items() if (name, tool) not in LEFT_OUT}
            rows += compare(name, work, tools, ours(work), rounds, TRIAL[quick])
            rows += [Row(name, tool, "", work.sizes, note=why) for (where, tool), why in LEFT_OUT.items() if where == name]
        facts["load"].append(round(os.getloadavg()[0], 2))
        say(f"{name}: done; load {facts['load'][-1]}")
        kept = {"machine": facts, "rows": [asdict(row) for row in rows]}
        (Path(folder) / "rows.json").write_text(json.dumps(kept, indent=1) + "\n")
    write(folder, rows, facts)


def machine():
    """Where it runs, and the load at the start."""
    listed = Path("/proc/cpuinfo")
    lines = listed.read_text().splitlines() if listed.exists() else []
    model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    threads = os.environ.get("OPENBLAS_NUM_THREADS", "all")
    load = [round(os.getloadavg()[0], 2)]
    return {"processor": model, "cores": cores(), "python": platform.python_version(), "blas_threads": threads, "load": load}


def write(folder, rows, facts):
    """The table and the picture."""
    from jaxqb.plot import save

    (Path(folder) / "table.md").write_text(table(rows, facts))
    save(picture(rows), Path(folder) / "work", ("png", "svg"))


def table(rows, facts):
    """Markdown: a line for each peer, beside the configuration of ours that took turns with it."""
    head = "workload jaxqb wall CPU error tool wall CPU error ratio CPU first theirs rounds".split()
    lines, mine = [head, ["---" if name in ("workload", "jaxqb", "tool") else "--:" for name in head]], {}
    for row in rows:
        if row.tool == "jaxqb":
            mine[row.workload, row.label] = row
        elif row.label:
            ours = mine.get((row.workload, row.partner), Row(row.workload, "jaxqb", "", {}))
            one, two = ((seconds(x.run_s), seconds(x.cpu_s), number(x.error, ".0e")) for x in (ours, row))
            ratios, first = (f"**{number(row.ratio)}**", number(row.cpu_ratio)), (seconds(ours.first_s), seconds(row.first_s))
            where = f"{row.workload} {NAMES[row.workload]}"
            lines.append((where, ours.label, *one, f"{row.tool}: {row.label}", *two, *ratios, *first, str(row.rounds)))
    text = ["| " + " | ".join(line) + " |" for line in lines]
    versions = {package: version for row in rows for package, version in row.versions.items()}
    load, busy = facts["load"], facts["load"][0] > facts["cores"] or max(facts["load"]) > 2 * facts["cores"]
    text += [
        "",
        "Wall and CPU time: medians of warm calls that took turns; ratio: tool over jaxqb, the median of the rounds; first: "
        "the first call of jaxqb and theirs, compiling included. Errors against an independent reference. "
        "Of each tool the fastest configuration that is accurate enough (1e-6; 1e-3 in a waveguide, 1e-8 on chains that store); "
        "of jaxqb the fastest that is as accurate as the tool beside it, or its most accurate one.",
        "",
        f"{facts['processor']}, {facts['cores']} cores, {facts['blas_threads']} BLAS threads, Python {facts['python']}, "
        + ", ".join(f"{package} {version}" for package, version in sorted(versions.items()))
        + f". Load {load[0]} at the start, {load[-1]} at the end, {max(load)} at most"
        + ("; **others computed at the same time, which makes the seconds longer.**" if busy else "."),
        "",
    ]
    text += [f"* {row.workload}, {row.tool}: {row.note}" for row in rows if row.note]
    return "\n".join(text).rstrip() + "\n"


def number(value, style=".3g"):
    return "-" if value is None else format(value, style)


def seconds(value):
    """With a unit."""
    if value is None:
        return "-"
    return f"{value:.3g} s" if value >= 1 else f"{1e3 * value:.3g} ms" if value >= 1e-3 else f"{1e6 * value:.3g} µs"


def picture(rows):
    """Seconds of a warm call over the error, a panel for each workload, a marker for each configuration."""
    import matplotlib as mpl
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch
    from matplotlib.ticker import EngFormatter, NullFormatter

    from jaxqb.plot import STYLE

    workloads = [name for name in NAMES if any(row.workload == name and tried(row) for row in rows)]
    columns, lines = 3, len(workloads) // 3 + 1
    with mpl.rc_context({**STYLE, "axes.titlesize": 8.5, "lines.markersize": 4.5}):
        figure, legend = Figure(figsize=(7.2, 0.4 + 1.9 * lines)), {}
        axes = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False).ravel()
        axes[0].set(xscale="log", yscale="log", xlim=(2e-17, 1), xticks=[1e-15, 1e-10, 1e-5, 1])
        axes[0].yaxis.set_major_formatter(EngFormatter("s"))
        axes[0].xaxis.set_minor_formatter(NullFormatter())
        for panel, name in zip(axes, workloads, strict=False):
            panel.set_title(f"{name}: {NAMES[name]}")
            panel.axvspan(getattr(FULL.get(name), "accuracy", ACCURACY), 1, color="#eeeeee", linewidth=0)
            for tool, (colour, marker, hollow, label) in LOOKS.items():
                ways = [way for row in rows if (row.workload, row.tool) == (name, tool) for way in tried(row)]
                points = sorted((max(off, 1e-16), warm) for warm, off in ways if off < 1)
                if points:
                    front = [p for k, p in enumerate(points) if all(p[1] < q[1] for q in points[:k])]  # beaten by none
                    panel.plot(*zip(*front, strict=True), color=colour, linewidth=0.8, alpha=0.6)
                    look = {"color": colour, "marker": marker, "linestyle": "none", "mfc": "white" if hollow else colour}
                    panel.plot(*zip(*points, strict=True), zorder=3 if tool == "jaxqb" else 2, **look)
                    legend[label] = Line2D([], [], **look)
        for k, panel in enumerate(axes):
            panel.tick_params(labelbottom=k + columns >= len(workloads))
        for panel in axes[len(workloads) :]:
            panel.set_axis_off()
        legend[CLOSED] = Patch(color="#eeeeee")
        order = [label for label in dict.fromkeys(look[-1] for look in LOOKS.values()) if label in legend] + [CLOSED]
        axes[-1].legend([legend[label] for label in order], order, loc="center", borderaxespad=0)
        figure.supxlabel("error against an independent reference", fontsize=8)
        figure.supylabel("time of a warm call", fontsize=8)
    return figure


def tried(row):
    """Seconds of a warm call and error of all configurations; of a row without others its own."""
    return [way[1:] for way in row.tried.values()] or [(row.run_s, row.error)] * bool(row.label and row.run_s)


def read(folder):
    """Rows and machine of a report."""
    kept = json.loads((Path(folder) / "rows.json").read_text())
    return [Row(**row) for row in kept["rows"]], kept["machine"]


if __name__ == "__main__":
    write(sys.argv[1], *read(sys.argv[1]))
