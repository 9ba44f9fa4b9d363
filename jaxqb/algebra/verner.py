"""A pair of Runge-Kutta formulas of orders 7 and 6.

Source: J. H. Verner, Numer. Algor. 53, 383 (2010), the "most efficient" pair of these orders.
"""

import numpy as np

_COEFFICIENTS = """
0.005
-1.0767901234567901 1.1856790123456790
0.040833333333333333 0 0.1225
0.63891392362557267 0 -2.4556726382236568 2.2722587145980841
-2.6615773750187571 0 10.804513886456138 -8.3539146573961994 0.82048759495665697
6.0677414346967710 0 -24.711273635911086 20.427517930788894 -1.9061579788166472 1.0061722492420680
12.054670076253203 0 -49.754784950468989 41.142888638604677 -4.4617601499740042 2.0423348222391750 -0.098348436654061074
10.138146522881808 0 -42.641136031717502 35.763840039922570 -4.3480228403929077 2.0098622683770359 0.34874904603382724 \
-0.27143900510483128
-45.030072034298677 0 187.32724376545888 -154.02882369350187 18.564653063475362 -7.1418096792950789 1.3088085781613786
0.047155618486272222 0 0 0.25750564298434152 0.26216653977412620 0.15216092656738557 0.49399691700324842 \
-0.29430311714032504 0.081317472324951100
0.044608606606341176 0 0 0.26716403785713727 0.22010183001772930 0.21884317031431568 0.22898717054112028 0 0 \
0.020295184663356282
"""  # of the second to the tenth stage, of the answer, and of the one of sixth order, which alone takes the tenth


def _table() -> np.ndarray:
    """Rows as above, and one of zeros first, filled up to ten columns."""
    rows = [np.array(line.split(), float) for line in _COEFFICIENTS.replace("\\\n", "").strip().splitlines()]
    return np.array([np.zeros(10), *(np.pad(row, (0, 10 - row.size)) for row in rows)])


TABLE = _table()
STAGES, ALL, ORDER = 9, 10, 7  # stages of a step, with that of the embedded formula, and the order
SURPLUS = 128.0  # by how much the embedded formula is the less accurate one (40 to 230 measured, for steps of interest)
PLACE = np.array([1, 2, 3, 2, 4, 5, 6, 7, 8, 3])  # row of each slope behind y; two are taken again when they have served

# the same by rows, with 1 for y apart; and what the slope of a stage is worth on the way back: by the next y, by later stages,
# and, of the first one, by what looks at it
ROWS = TABLE @ np.eye(PLACE.max() + 1)[PLACE]
FIRST = np.eye(PLACE.max() + 1)[0]
BACKWARDS = np.hstack([TABLE[ALL, :STAGES, None], TABLE[:STAGES, :STAGES].T])
