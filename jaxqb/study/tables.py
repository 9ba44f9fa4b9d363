"""What may stand in a study file: tables, keys and types."""

import math
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator


class Wrong(ValueError):
    """A value that is wrong though its type is right: (must, but, fix), for the sentence that `read` makes of it."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


Number = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1)]


class Battery(_Table):
    """Its fields are checked against the battery's own declarations, in `words`."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    type: str


class Grid(_Table):
    """Evenly spaced values (their logarithms, if so asked), both ends included."""

    start: Number
    stop: Number
    count: Count
    spacing: Literal["linear", "log"] = "linear"

    @model_validator(mode="after")
    def _positive(self) -> "Grid":
        if self.spacing == "log" and min(self.start, self.stop) <= 0:
            raise Wrong("have positive ends for log spacing", f"they are {self.start:g}, {self.stop:g}", "use linear")
        return self

    def values(self) -> list[float]:
        """The values.

        >>> Grid(start=1.0, stop=100.0, count=3, spacing="log").values()
        [1.0, 10.0, 100.0]
        """
        last = max(self.count - 1, 1)
        ends = (self.start, self.stop) if self.spacing == "linear" else (math.log10(self.start), math.log10(self.stop))
        values = [(ends[0] * (last - i) + ends[1] * i) / last for i in range(self.count)]
        values = values if self.spacing == "linear" else [10**value for value in values]
        # whole numbers exactly: sizes must be
        return [float(round(value)) if math.isclose(value, round(value), rel_tol=1e-12) else value for value in values]


def _nonempty(table: dict[str, Any]) -> dict[str, Any]:
    if not table:
        raise Wrong("name a field of the battery", "it is empty", "add e.g. n_charger = [9, 40]")
    return table


def _ordered(bounds: list[float]) -> list[float]:
    low, high = bounds
    if low == high:
        raise Wrong("be [lowest, highest]", f"it is [{low:g}, {high:g}]", "give it in [battery], if it is not to vary")
    if low > high:
        raise Wrong("be [lowest, highest]", f"it is [{low:g}, {high:g}]", f"write [{high:g}, {low:g}]")
    return bounds


def _kind(value: Any) -> str:
    """Of an axis: a grid, values, or one list of values a point."""
    if isinstance(value, (dict, Grid)):
        return "grid"
    return "points" if isinstance(value, list) and value and isinstance(value[0], list) else "values"


Values = Annotated[list[Number], Field(min_length=1)]
Axis = Annotated[
    Annotated[Values, Tag("values")] | Annotated[list[Values], Tag("points")] | Annotated[Grid, Tag("grid")],
    Discriminator(_kind),
]
Bounds = Annotated[list[Number], Field(min_length=2, max_length=2), AfterValidator(_ordered)]


class Objective(_Table):
    """One figure, to be made large or small."""

    maximise: str | None = None
    minimise: str | None = None

    @model_validator(mode="after")
    def _one(self) -> "Objective":
        if (self.maximise is None) == (self.minimise is None):
            but = "it has neither" if self.maximise is None else "it has both"
            raise Wrong("have one of maximise and minimise", but, 'write e.g. maximise = "max_average_power"')
        return self


class Limits(_Table):
    """What a constraint allows."""

    at_least: Number | None = None
    at_most: Number | None = None

    @model_validator(mode="after")
    def _some(self) -> "Limits":
        if self.at_least is None and self.at_most is None:
            raise Wrong("have at_least or at_most", "it has neither", "write e.g. {at_least = 0.95}")
        return self


class Numerics(_Table):
    """How it is computed: horizon and method of `charge`, and float64 or float32."""

    window: Positive | None = None
    method: str | None = None
    x64: bool = True


class SweepNumerics(Numerics):
    """What a sweep has besides; see `jaxqb.sweep`."""

    mapping: str | list[str] | None = None
    chunk: Count | None = None


class DesignNumerics(Numerics):
    """What a design has besides; see `jaxqb.optimize`."""

    starts: Count = 64
    search: Literal["bfgs", "lbfgs", "adam", "optax_lbfgs"] = "bfgs"
    steps: Count | None = None
    seed: Annotated[int, Field(ge=0)] = 0


class Output(_Table):
    """What is written, and where."""

    directory: str | None = None
    plot: bool = True


class SweepOutput(Output):
    """What a sweep may have besides: a store, which keeps what is finished."""

    store: str | None = None


class SweepTables(_Table):
    """A sweep: figures over axes."""

    title: str | None = None
    battery: Battery
    sweep: Annotated[dict[str, Axis], AfterValidator(_nonempty)]
    figures: Annotated[list[str], Field(min_length=1)] = ["first_peak", "max_average_power"]
    numerics: SweepNumerics = SweepNumerics()
    output: SweepOutput = SweepOutput()


class DesignTables(_Table):
    """A design: the best battery within bounds."""

    title: str | None = None
    battery: Battery
    design: Annotated[dict[str, Bounds], AfterValidator(_nonempty)]
    objective: Objective
    constraints: dict[str, Limits] = {}
    numerics: DesignNumerics = DesignNumerics()
    output: Output = Output()


Tables = SweepTables | DesignTables
