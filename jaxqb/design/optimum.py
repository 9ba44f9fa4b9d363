"""What `optimize` returns: the best battery, what was gained, and what became of every start."""

import dataclasses
import json
import math
from operator import attrgetter
from typing import Any

import numpy as np

from ..errors import Status
from ..fields import entry


@dataclasses.dataclass(frozen=True)
class Constraint:
    """A constraint at the optimum.

    Attributes:
        sign, limit: what was asked.
        value: what the best battery has.
        satisfied: whether it holds, within 1e-6 of the limit.
        multiplier: objective lost per unit by which an inequality is tightened (an equality: by which it is raised), with
            real-valued sizes; zero where the constraint does not bind.
    """

    sign: str
    limit: float
    value: float
    satisfied: bool
    multiplier: float


@dataclasses.dataclass(frozen=True, repr=False)
class Optimum:
    """The best design that was found.

    Attributes:
        battery: the best battery (the given one where no start has an objective).
        objective: name of what was maximised (or minimised).
        parameters: the varied fields of the best battery.
        value: the objective there.
        start_value: the objective of the given battery.
        at_bound: for each parameter "low", "high" or None: the bound it lies at, within 1e-3 of the range.
        constraints: a `Constraint` for each label.
        relaxed: parameters and "value" of the best design with real-valued sizes; None where no size is varied.
        integers: the integer neighbours that were tried: sizes, all parameters, value, feasible, status.
        starts: what became of every start, as arrays: "begin" and "end" (starts, parameters), "value", "violation",
            "status", "steps", "moved" (begun elsewhere, because the objective did not exist at the point drawn).
        history: objective ("value") and each parameter, step by step, of the start that ended best.
        names: names of the parameters, in the order of the arrays in `starts`.
        minimise: whether small is good.
        converged: whether the best design satisfies the constraints and the search for it came to rest.
        status: a `Status`.
        method: the search method.
        seconds: "compile" (first evaluation, with compilation where there was any) and "run".
        notes: what was changed in the question, in words.

    >>> import jaxqb as qb
    >>> battery = qb.SpinCharger(n_battery=2, n_charger=2, charger_frequency=1.4)
    >>> best = qb.optimize("first_peak", battery, {"charger_frequency": (0.5, 2.0)}, starts=2)
    >>> best.objective, best.converged, best.at_bound, round(best.value, 6), best.gain > 0
    ('first_peak', True, {'charger_frequency': None}, 2.0, True)
    """

    battery: Any
    objective: str
    parameters: dict[str, Any]
    value: float
    start_value: float
    at_bound: dict[str, str | None]
    constraints: dict[str, Constraint]
    relaxed: dict[str, float] | None
    integers: list[dict[str, Any]]
    starts: dict[str, np.ndarray]
    history: dict[str, np.ndarray]
    names: tuple[str, ...]
    minimise: bool
    converged: bool
    status: Status
    method: str
    seconds: dict[str, float]
    notes: tuple[str, ...] = ()

    @property
    def gain(self) -> float:
        """How much better than the given battery (at least zero where that satisfies bounds and constraints)."""
        return self.start_value - self.value if self.minimise else self.value - self.start_value

    @property
    def relative_gain(self) -> float:
        """`gain` as a fraction of the given battery's objective."""
        return self.gain / abs(self.start_value) if self.start_value else math.nan

    @property
    def dataset(self) -> Any:
        """`starts` as an `xarray.Dataset`."""
        import xarray as xr  # slow to import

        variables = {
            name: (("start", "parameter") if np.ndim(column) == 2 else ("start",), column) for name, column in self.starts.items()
        }
        coordinates = {"parameter": list(self.names), "start": np.arange(len(self.starts["value"]))}
        return xr.Dataset(variables, coordinates, {"objective": self.objective, "method": self.method})

    def __repr__(self) -> str:
        verb = "smallest" if self.minimise else "largest"
        percent = f" ({100 * self.relative_gain:+.3g} %)" if math.isfinite(self.relative_gain) else ""
        given = f"given battery {self.start_value:.10g}{percent}"
        kept = all(one.satisfied for one in self.constraints.values())
        tried = "no whole sizes that were tried satisfy the constraints"
        broken = tried if self.integers else "the constraints could not be satisfied"
        outcome = self.status.sentence if kept or self.status != Status.OK else broken
        lines = [f"Optimum: {verb} {self.objective} found {self.value:.10g}; {given}; {outcome}"]
        for name, value in self.parameters.items():
            lines.append(f"  {name} = {_digits(value)}{self._sides(name)}")
        for label, one in self.constraints.items():
            holds = f"{'holds' if one.satisfied else 'VIOLATED'}, multiplier {one.multiplier:.4g}"
            lines.append(f"  {label} {one.sign} {one.limit:g}: {one.value:.8g}, {holds}")
        if self.relaxed is not None:
            lines.append("  real sizes: " + ", ".join(f"{name} {value:.8g}" for name, value in self.relaxed.items()))
        for row in self.integers:
            sizes = ", ".join(f"{name} {size:g}" for name, size in row["sizes"].items())
            lines.append(f"  {sizes}: {row['value']:.8g}" + ("" if row["feasible"] else ", not feasible"))
        values, best = self.starts["value"], (self.relaxed or {"value": self.value})["value"]
        rest = int(np.sum(self.starts["status"] == Status.OK))
        scale = np.nanmax([abs(best), abs(best - self.start_value), 0.0])
        reached = int(np.sum(np.abs(values - best) <= 1e-6 * scale))
        steps, seconds = int(np.sum(self.starts["steps"])), self.seconds
        lines.append(f"  {len(values)} starts by {self.method}: {rest} came to rest, {reached} at the best value")
        lines.append(f"  {steps} steps; {seconds['compile']:.2f} s to compile, {seconds['run']:.2f} s to run")
        return "\n".join(lines + [f"  note: {note}" for note in self.notes])

    def _sides(self, name: str) -> str:
        """At which bounds a field lies; of an array, which of its entries do."""
        sides = {key.removeprefix(name): side for key, side in self.at_bound.items() if entry(key)[0] == name}
        text = ""
        for side, word in (("low", "lower"), ("high", "upper")):
            at = [key for key, found in sides.items() if found == side]
            if len(at) == 1:
                text += f",{at[0] and ' '}{at[0]} at its {word} bound"
            elif at:
                text += f", {'all' if len(at) == len(sides) else ' and '.join(at)} at their {word} bounds"
        return text

    def to_dict(self) -> dict[str, Any]:
        """The result in strings and numbers (NaN as None)."""
        known = self.battery.variables()
        fields = {name: field.counted(attrgetter(name)(self.battery)) for name, field in known.items()}
        summary = {
            "battery": {"kind": type(self.battery).__name__, **fields},
            "parameters": {name: known[name].counted(x) if name in known else x for name, x in self.parameters.items()},
            "constraints": {label: dataclasses.asdict(one) for label, one in self.constraints.items()},
            "gain": self.gain,
            "status": self.status.name.lower(),
        }
        skipped = {*summary, "starts", "names"}
        rest = {item.name: getattr(self, item.name) for item in dataclasses.fields(self) if item.name not in skipped}
        return _plain(rest | summary)

    def to_json(self) -> str:
        """`to_dict` as one JSON text."""
        return json.dumps(self.to_dict())


def _digits(value: Any) -> str:
    """A parameter to seven digits."""
    return np.array2string(np.asarray(value), precision=7, threshold=8) if np.ndim(value) else f"{float(value):.7g}"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, Status):
        return value.name.lower()
    if value is None or isinstance(value, (str, bool, int)):
        return value
    array = np.asarray(value)
    if array.dtype == object:
        return str(value)
    if array.ndim:
        return [_plain(one) for one in array.tolist()]
    number = array.item()
    return number if isinstance(number, (int, bool)) else float(number) if math.isfinite(number) else None
