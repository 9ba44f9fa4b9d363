"""Symbols and names as they stand in pictures."""

import re
import textwrap
from typing import Any

import numpy as np
import xarray as xr

GREEK = "(?:alpha|beta|gamma|delta|eta|theta|kappa|lambda|mu|nu|xi|rho|sigma|tau|phi|omega|Gamma|Delta|Omega)"


def tex(symbol: str) -> str:
    r"""A symbol as mathematics.

    Args:
        symbol: as attributes of Datasets have it, e.g. "Delta_A t".

    >>> tex("P_max / sqrt(N)")
    '$P_{\\mathrm{max}} / \\sqrt{N}$'
    """
    text = re.sub(r"sqrt\(([^)]*)\)", r"\\sqrt{\1}", symbol)
    text = re.sub(r"\^([\w.]{2,})", r"^{\1}", text)
    text = re.sub(r"([A-Za-z]+)~", r"\\tilde{\1}", text)
    text = re.sub(r"_(\w+)", lambda m: f"_{{{m[1]}}}" if len(m[1]) == 1 else f"_{{\\mathrm{{{m[1]}}}}}", text)
    text = re.sub(rf"(?<![A-Za-z\\])({GREEK})(?![A-Za-z])", r"\\\1", text)
    text = re.sub(r"(?<![A-Za-z\\])(ln|lg|log)(?![A-Za-z])", r"\\\1", text)
    text = re.sub(r"(?<![A-Za-z\\])(Re|Im|Tr)(?![A-Za-z])", r"\\operatorname{\1}", text)
    return f"${text.replace('<', chr(92) + 'langle ').replace('>', chr(92) + 'rangle ')}$"


def words(text: str) -> str:
    """Words with the symbols among them as mathematics; what has mathematics in it is left alone."""
    if "$" in text:
        return text
    symbol = r"(?<![\w\\])(?:[A-Za-z]~|(?:[A-Za-z]|" + GREEK + r")_\w+|sqrt\([^)]*\)|" + GREEK + r"(?!\w))"
    return re.sub(symbol, lambda m: tex(m[0]), text.replace("<=", "≤").replace("hbar", "ħ").replace("^2", "²"))


def label(variable: Any, width: int = 32) -> str:
    """Long name, symbol and unit of a variable, for an axis.

    Args:
        variable: a DataArray with attributes ``long_name``, ``symbol`` and ``units``, or some of them.
        width: characters in a line.

    >>> import xarray as xr
    >>> label(xr.DataArray(0.0, attrs={"long_name": "power", "symbol": "P", "units": "g omega_0"}))
    'power, $P$ ($g \\\\omega_{0}$)'
    """
    name, symbol, unit = (variable.attrs.get(key, "") for key in ("long_name", "symbol", "units"))
    name = name or str(variable.name)
    symbol, unit = "" if symbol == name else symbol, "" if unit in ("1", "number") else unit
    name = name.replace("_", " ") if re.fullmatch(r"[a-z]{2,}(_[a-z0-9]+)+", name) else name  # of a variable or a function
    drawn_unit = f"({tex(unit) if re.search('[~_]', unit) else words(unit)})" if unit else ""
    plain = " ".join(x for x in (symbol, unit and f"({unit})") if x).replace(" ", "\xa0")  # is not broken
    lines = "\n".join(textwrap.wrap(name + (", " if symbol else " ") + plain, width, break_long_words=False))
    return words(lines.removesuffix(plain)) + " ".join(x for x in (symbol and tex(symbol), drawn_unit) if x)


def entry(coordinate: xr.DataArray) -> str:
    """How one entry of a hue or facet is named."""
    value = coordinate.item()
    if isinstance(value, str):
        return words(value)
    number = "∞" if value == np.inf else f"{value:g}" if value == np.round(value) else f"{value:.4g}"
    if "symbol" not in coordinate.attrs and (of := re.fullmatch(r"(.*[a-z].*)_\d+", str(coordinate.name))):  # of what is an array
        return f"{of[1].replace('_', ' ')} [{number}]"
    return f"{tex(coordinate.attrs.get('symbol', str(coordinate.name)))} = {number}"
