"""Rounding as a spreadsheet does it: half away from zero, on the number's 15-digit decimal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]


def round_half_away(values: Any, digits: int = 0) -> Numbers:
    """``values`` (float64, any shape) rounded to ``digits`` decimals; NaN and infinities stay.

    Spreadsheets look at 15 significant digits: 1.005 rounds to 1.01 although its double lies below the edge;
    ``numpy.round`` differs on 7 % of random values with a 5 behind the last digit.
    """
    import numpy as np

    x = np.asarray(values, dtype=np.float64)
    factor = 10.0**digits
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        scaled = np.abs(x) * factor
        magnitude = np.floor(np.log10(np.where(scaled > 0, scaled, 1.0)))
        slack = np.where(magnitude < 14, 0.5 * 10.0 ** (magnitude - 14), 0.0)
        whole = np.floor(scaled)
        rounded = whole + (scaled - whole >= 0.5 - slack)
        result: Numbers = np.where(np.isfinite(x) & (magnitude < 15), np.copysign(rounded / factor, x), x)
    return result + 0.0
