"""Study files: a sweep or a design written down in TOML, checked key by key before anything is compiled.

    [battery]                        # which battery, by its name and fields
    type = "SpinCharger"
    n_battery = 10
    n_charger = 10

    [sweep]                          # axes: values or {start, stop, count, spacing}; "a, b" = ... moves both together
    n_charger = [5, 10, 20]

or, to find the best battery in place of a table of many,

    [design]                         # bounds of what may change, from the value that [battery] gives
    n_charger = [9, 40]

    [objective]                      # one figure
    maximise = "max_average_power"

    [constraints]                    # bounds of other figures
    energy_per_cell = {at_least = 0.95}

`tables` says what may stand there; `read` checks a file against it, with neither jax nor a battery at hand; `words`
turns names into batteries, starts and figures; `run` asks `sweep` or `optimize`.
"""

from .run import DesignStudy as DesignStudy
from .run import Study as Study
from .run import SweepStudy as SweepStudy
from .run import load as load
from .words import battery_class as battery_class
from .words import battery_of as battery_of
