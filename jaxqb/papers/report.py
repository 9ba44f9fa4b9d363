"""What `reproduce` writes: pictures, tables of claims, and one HTML page that needs no other file."""

import base64
import csv
import html
import io
import json
import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import xarray as xr
from PIL import Image

from .. import plot
from .paper import Checked, Paper

MEANING = {
    "reproduced": "our value is the printed one",
    "convention": "another value under the paper's stated definitions; an unstated choice, named, gives the printed one",
    "misprint": "a digit, sign or index is not what it must be",
    "wrong": "the statement or number does not hold",
}


def _shown(value: float | str | bool | None, claim: Any = None) -> str:
    """A number in six digits; a statement in a word."""
    if value is None:
        return ""
    if isinstance(value, bool) or (claim is not None and isinstance(claim.printed, bool)):
        return "holds" if value else "does not hold"
    return value if isinstance(value, str) else f"{value:.6g}"


def rows(checked: Sequence[Checked]) -> list[dict[str, str]]:
    """One row a claim, in words."""
    stands = {True: "yes", False: "NO", None: "not checked in quick size"}
    return [
        {
            "where": one.claim.where,
            "says": one.claim.says,
            "printed": _shown(one.claim.printed),
            "ours": _shown(one.ours, one.claim),
            "reading": _shown(one.reading, one.claim),
            "verdict": one.claim.verdict,
            "stands": stands[one.stands],
            "why": one.claim.why,
        }
        for one in checked
    ]


def table(checked: Sequence[Checked], width: int = 56) -> str:
    """The claims as text; a mark in front: the verdict does not stand (!) or was not checked in quick size (?)."""
    line = "{:1} {:<10} {:>13} {:>13} {:>13}  {}"
    lines = [line.format("", "verdict", "printed", "ours", "reading", "claim")]
    for row in rows(checked):
        mark = {"yes": "", "NO": "!"}.get(row["stands"], "?")
        first, *more = textwrap.wrap(f"{row['where']}: {row['says']}", width)
        lines.append(line.format(mark, row["verdict"], row["printed"], row["ours"], row["reading"], first))
        lines += [line.format(*[""] * 5, rest).rstrip() for rest in more]
    return "\n".join(lines)


def verdicts(claims: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """How many claims have each verdict, and what it means."""
    counts = Counter(row["verdict"] for row in claims)
    return [{"verdict": word, "claims": counts[word], "meaning": meaning} for word, meaning in MEANING.items()]


def entries(ds: xr.Dataset) -> list[dict[str, str]]:
    """The rows of a Dataset that is a table: a block for each string in ``attrs["table"]``, a row for each x."""
    x, found = ds[ds.attrs["x"]], []
    for names in map(str.split, ds.attrs["table"]):
        for i, at in enumerate(x.values):
            cells = {ds[name].attrs["label"]: _cell(ds[name].values[i]) for name in names}
            found.append({"quantity": ds[names[0]].attrs["symbol"], x.attrs["symbol"]: f"{at:g}"} | cells)
    return found


def _cell(value: Any) -> str:
    return value if isinstance(value, str) else f"{value:.4f}"


def _aligned(found: Sequence[Mapping[str, Any]]) -> str:
    """Rows as text in columns, numbers to the right."""
    lines = [list(found[0]), *([str(value) for value in row.values()] for row in found)]
    wide = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(f"{value:>{w}}" for value, w in zip(line, wide, strict=True)) for line in lines)


def claims_dataset(checked: Sequence[Checked]) -> xr.Dataset:
    """The claims as a Dataset along ``claim``: words as text, `value` and `reading_value` as numbers."""
    words = rows(checked)
    columns: dict[str, Any] = {name: ("claim", [row[name] for row in words]) for name in (words[0] if words else ())}
    for name, label, values in (
        ("value", "our value", [one.ours for one in checked]),
        ("reading_value", "our value under the reading", [one.reading for one in checked]),
    ):
        columns[name] = ("claim", [float("nan") if x is None else x for x in values], {"long_name": label})
    return xr.Dataset(columns)


def picture(ds: xr.Dataset, stem: Path) -> list[Path]:
    """Draw a figure to ``stem.png``, ``stem.svg`` and, in full size, ``stem.pdf``, whose fonts take as long as all the rest."""
    drawn = plot.draw(ds)
    drawn.set_dpi(plot.STYLE["savefig.dpi"])  # that of the PNG, for which words are then measured but once
    return plot.save(drawn, stem, plot.FORMATS[: 2 if ds.attrs["quick"] else 3])


def write(
    data: Mapping[Paper, Mapping[str, xr.Dataset]],
    checked: Mapping[Paper, Sequence[Checked]],
    out: Path,
    small: Mapping[tuple[str, str], str] | None = None,
) -> list[Path]:
    """Tables of claims and of figures as ``.txt, .csv, .json`` beside the pictures, and around all ``out/index.html``.

    `small` has pictures as the page shows them, by paper and figure, where they have been made already.
    """
    out.mkdir(parents=True, exist_ok=True)
    paths, sections, told = [], [], {paper: rows(checked.get(paper, ())) for paper in data}
    for paper, figures in data.items():
        for name, ds in figures.items():
            if "table" in ds.attrs:
                paths += _write_rows(entries(ds), _aligned(entries(ds)), out / paper.key / name)
        claims = told[paper]
        if claims:
            words = "\n".join("{verdict:<10} {claims:>3}: {meaning}".format(**row) for row in verdicts(claims))
            paths += _write_rows(claims, f"{table(checked[paper])}\n\n{words}", out / paper.key / "claims")
        pictures = {name: (small or {}).get((paper.key, name)) or embedded(out / paper.key / f"{name}.png") for name in figures}
        sections.append(_section(paper, figures, pictures, claims))
    page = out / "index.html"
    page.write_text(PAGE.format(style=STYLE, contents=_contents(data, told), sections="\n".join(sections)), encoding="utf-8")
    return [*paths, page]


def embedded(path: Path) -> str:
    """A picture for the page, in 128 colours, which is a third of its size."""
    small = io.BytesIO()
    with Image.open(path) as image:
        few = image.convert("RGB").quantize(128, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    few.putpalette([min(value + 1, 255) for value in few.getpalette() or ()])  # it rounds down, white to grey
    few.save(small, "png")
    return base64.b64encode(small.getvalue()).decode()


def _write_rows(found: list[dict[str, str]], text: str, stem: Path) -> list[Path]:
    paths = [stem.with_suffix(f".{kind}") for kind in ("txt", "csv", "json")]
    paths[0].write_text(text + "\n", encoding="utf-8")
    with paths[1].open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(found[0]))
        writer.writeheader()
        writer.writerows(found)
    paths[2].write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return paths


def _contents(data: Mapping[Paper, Mapping[str, xr.Dataset]], told: Mapping[Paper, list[dict[str, str]]]) -> str:
    """Papers, what became of their claims, and all figures by name."""
    say, lines = html.escape, []
    for paper, figures in data.items():
        links = " ".join(f'<a href="#{paper.key}-{name}">{name}</a>' for name in figures)
        link = f'<a href="#{paper.key}">{say(paper.title)}</a><br><small>{links}</small>'
        lines.append(f'<tr><td>{link}</td><td class="n">{len(figures)}</td>{_counts(told[paper])}</tr>')
    if len(data) > 1:
        count, claims = sum(map(len, data.values())), [row for rows in told.values() for row in rows]
        lines.append(f'<tr><td>all</td><td class="n">{count}</td>{_counts(claims)}</tr>')
    heads = "".join(f'<th class="{word}">{word}</th>' for word in MEANING)
    meaning = "".join(f'<dt class="{word}">{word}</dt><dd>{said}</dd>' for word, said in MEANING.items())
    head = f"<thead><tr><th>paper</th><th>figures</th><th>claims</th>{heads}<th>falls</th></tr></thead>"
    body = f"<tbody>{''.join(lines)}</tbody>"
    falls = "<dt>falls</dt><dd>its verdict does not stand</dd>"
    return f'<div class="wide"><table>{head}{body}</table></div><dl>{meaning}{falls}</dl>'


def _counts(claims: Sequence[Mapping[str, str]]) -> str:
    """How many there are, of each verdict, and whose verdict does not stand."""
    falls = sum(row["stands"] == "NO" for row in claims)
    return "".join(f'<td class="n">{n}</td>' for n in (len(claims), *(row["claims"] for row in verdicts(claims)), falls))


def _section(paper: Paper, figures: Mapping[str, xr.Dataset], pictures: Mapping[str, str], claims: list[dict[str, str]]) -> str:
    say = html.escape
    parts = [f'<section id="{paper.key}"><h2>{say(paper.title)}</h2><p class="by">{say(paper.authors)}</p>']
    parts.append('<div class="figures">')
    for name, ds in figures.items():
        caption = f"<b>{say(ds.attrs['paper'])}</b> <code>{name}</code> {say(ds.attrs['caption'])}"
        note = f"{ds.attrs['seconds']:.1f} s, {'quick' if ds.attrs['quick'] else 'full'} size"
        image = f'<img src="data:image/png;base64,{pictures[name]}" alt="{say(ds.attrs["caption"])}">'
        drawn = f"{image}<figcaption>{caption} <small>{note}</small></figcaption>"
        below = _html_table(entries(ds)) if "table" in ds.attrs else ""
        parts.append(f'<figure id="{paper.key}-{name}">{drawn}{below}</figure>')
    parts.append("</div>")
    if claims:
        body = "".join(_html_row(row) for row in claims)
        heads = "".join(f"<th>{head}</th>" for head in ("where", "claim", "printed", "ours", "verdict", "why"))
        parts.append(f'<div class="wide"><table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>')
    symbols = "".join(f"<tr><td>{say(a)}</td><td><code>{say(b)}</code></td></tr>" for a, b in paper.symbols.items())
    parts.append(f"<details><summary>Symbols</summary><table>{symbols}</table></details>")
    parts.append(f"<details><summary>Reference</summary><pre>{say(paper.reference)}</pre></details></section>")
    return "\n".join(parts)


def _html_table(found: Sequence[Mapping[str, str]]) -> str:
    say = html.escape
    heads = "".join(f"<th>{say(head)}</th>" for head in found[0])
    body = "".join("<tr>" + "".join(f'<td class="n">{say(x)}</td>' for x in row.values()) + "</tr>" for row in found)
    return f'<div class="wide"><table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>'


def _html_row(row: dict[str, str]) -> str:
    say = html.escape
    ours = say(row["ours"]) + (f"<br><small>reading: {say(row['reading'])}</small>" if row["reading"] else "")
    failed = "" if row["stands"] == "yes" else f"<br><small>{say(row['stands'])}</small>"
    cells = (say(row["where"]), say(row["says"]), say(row["printed"]), ours, row["verdict"] + failed, say(row["why"]))
    classes = ("", "", "n", "n", row["verdict"], "why")
    return "<tr>" + "".join(f'<td class="{c}">{x}</td>' for c, x in zip(classes, cells, strict=True)) + "</tr>"


STYLE = """
 body { font: 16px/1.5 system-ui, sans-serif; color: #1a1a1a; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
 h1 { font-size: 1.5rem; } h2 { font-size: 1.25rem; margin: 3rem 0 0; } .by { margin-top: 0; color: #555; }
 .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); gap: 1.5rem; }
 figure { margin: 0; } img { width: 100%; max-height: 22rem; object-fit: contain; object-position: top; }
 figcaption { font-size: .85rem; } small { color: #666; }
 table { border-collapse: collapse; font-size: .85rem; margin: 1.5rem 0; } .wide { overflow-x: auto; }
 th { text-align: left; } th, td { border-bottom: 1px solid #ddd; padding: .3rem .6rem; vertical-align: top; }
 td.n { white-space: nowrap; font-variant-numeric: tabular-nums; } td.why { color: #444; }
 dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; font-size: .85rem; } dd { margin: 0; }
 .reproduced { color: #00674a; } .convention { color: #0072b2; }
 .misprint { color: #a04400; } .wrong { color: #b0003a; }
 td.reproduced, td.convention, td.misprint, td.wrong, dt { font-weight: 600; }
 pre { font-size: .8rem; overflow-x: auto; } td small a { margin-right: .5em; }
"""
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>jaxqb: published quantum batteries, reproduced</title>
<style>{style}</style></head><body>
<h1>Published quantum batteries, reproduced by jaxqb</h1>
{contents}
{sections}
</body></html>
"""
