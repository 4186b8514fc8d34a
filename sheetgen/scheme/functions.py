"""The functions of the expression language. Each entry is the one place where value and formula are twins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sheetgen.i18n import Label, Lang, text
from sheetgen.scheme.rounding import round_half_away

UNIT_DIGITS = 6
"""Decimals that count when a number is taken apart into units."""


@dataclass(frozen=True)
class Context:
    """What an expression needs besides its names: the language, the choice words, and the tiers' aliases.

    ``tier_aliases``: text (lower case) -> rank, ascending from 1.
    """

    lang: Lang
    words: Mapping[str, Label]
    tier_aliases: Mapping[str, int]

    def word(self, word: str) -> str:
        """The label of a choice id; any other text is itself."""
        label = self.words.get(word)
        return label.text(self.lang) if label else word


@dataclass(frozen=True)
class Function:
    """``value`` computes columns, ``formula`` gives the text; ``arguments`` is (least, most).

    ``numbers``: words given as a number must be an error, though its formula would take them.
    """

    value: Callable[..., Any]
    formula: Callable[..., str]
    arguments: tuple[int, int]
    accepts_unknown: bool = False
    numbers: bool = False


def _blank(_: Context, x: Any) -> Any:
    import numpy as np

    array = np.asarray(x)
    return array == "" if array.dtype.kind in "OU" else np.isnan(array.astype(np.float64))


def _scale(_: Context, x: Any, low: Any, high: Any) -> Any:
    import numpy as np

    at_once = np.where(np.asarray(x) >= low, 100.0, 0.0)
    return np.where(
        np.equal(low, high), at_once, np.clip((np.asarray(x) - low) / np.subtract(high, low), 0, 1) * 100
    )


def _band(_: Context, x: Any, table: tuple[float, ...]) -> Any:
    """How many numbers of ``table`` are at most x, in whatever order staff left them."""
    import numpy as np

    found = np.searchsorted(np.sort(table), np.asarray(x, dtype=np.float64), side="right")
    return found.astype(np.float64)


def _above(_: Context, x: Any, table: tuple[float, ...]) -> Any:
    """How many numbers of ``table`` are below x."""
    import numpy as np

    found = np.searchsorted(np.sort(table), np.asarray(x, dtype=np.float64), side="left")
    return found.astype(np.float64)


def _concat(_: Context, *parts: Any) -> Any:
    import numpy as np

    result: Any = np.asarray("", dtype=object)
    for part in parts:
        result = result + np.asarray(part, dtype=object)
    return result


def _each(show: Callable[[float], str]) -> Callable[..., Any]:
    import functools

    @functools.wraps(show)
    def run(_: Context, x: Any) -> Any:
        import numpy as np

        array = np.asarray(x, dtype=np.float64)
        shown = [show(v) if np.isfinite(v) else "" for v in array.ravel().tolist()]
        return np.asarray(shown, dtype=object).reshape(array.shape)

    return run


def np_text(x: Any, change: Callable[[str], str]) -> Any:
    """``change`` on every text of ``x``."""
    import numpy as np

    array = np.asarray(x, dtype=object)
    return np.asarray([change(v) for v in array.ravel().tolist()], dtype=object).reshape(array.shape)


def _iso(days: float) -> str:
    from datetime import date, timedelta

    return (date(1899, 12, 30) + timedelta(days=int(days))).isoformat()


def _tier_of(context: Context, x: Any) -> Any:
    import numpy as np

    array = np.asarray(x, dtype=object)
    ranks = [float(context.tier_aliases.get(str(v).strip().casefold(), 0)) for v in array.ravel().tolist()]
    return np.asarray(ranks, dtype=np.float64).reshape(array.shape)


def without_wildcards(text: str) -> str:
    """The formula ``text`` with ~ * ? escaped, for MATCH takes them as wildcards."""
    for char in "~*?":
        text = f'SUBSTITUTE({text},"{char}","~{char}")'
    return text


def _tier_of_formula(_: Context, x: str) -> str:
    return f"IFERROR(INDEX(tier_alias_rank,MATCH({without_wildcards(f'TRIM({x})')},tier_alias,0)),0)"


def _reduce(name: str) -> Callable[..., Any]:
    def run(_: Context, *args: Any) -> Any:
        import numpy as np

        step = getattr(np, name)
        result = args[0]
        for arg in args[1:]:
            result = step(result, arg)
        return result

    return run


def _units(_: Context, x: Any, unit: Any) -> Any:
    """How many whole units x holds, towards 0: by multiplying, for 0.3 / 0.1 is less than three."""
    import numpy as np

    size = np.abs(np.asarray(x, dtype=np.float64))
    near = round_half_away(size / unit)
    over = round_half_away(near * np.asarray(unit), UNIT_DIGITS) > round_half_away(size, UNIT_DIGITS)
    return np.sign(x) * (near - over)


def _units_formula(_: Context, x: str, unit: str) -> str:
    near, size = f"ROUND(ABS({x})/{unit},0)", f"ROUND(ABS({x}),{UNIT_DIGITS})"
    return f"(SIGN({x})*({near}-IF(ROUND({near}*{unit},{UNIT_DIGITS})>{size},1,0)))"


def _faded(_: Context, x: Any, days: Any, half_life: Any) -> Any:
    import numpy as np

    halved = np.asarray(x) * np.power(0.5, np.maximum(days, 0.0) / np.asarray(half_life, dtype=np.float64))
    return np.where(np.equal(half_life, 0), np.inf, halved)


def _round(_: Context, x: Any, digits: Any = 0.0) -> Any:
    return round_half_away(x, int(digits))


FUNCTIONS: dict[str, Function] = {
    "min": Function(_reduce("minimum"), lambda _, *a: f"MIN({','.join(a)})", (2, 9), numbers=True),
    "max": Function(_reduce("maximum"), lambda _, *a: f"MAX({','.join(a)})", (2, 9), numbers=True),
    "abs": Function(lambda _, x: abs(x), lambda _, x: f"ABS({x})", (1, 1)),
    "round": Function(_round, lambda _, x, d="0": f"ROUND({x},{d})", (1, 2)),
    "units": Function(_units, _units_formula, (2, 2), numbers=True),
    "faded": Function(_faded, lambda _, x, d, h: f"({x}*0.5^(MAX(0,{d})/{h}))", (3, 3), numbers=True),
    "blank": Function(_blank, lambda _, x: f'({x}="")', (1, 1), accepts_unknown=True),
    "scale": Function(
        _scale,
        lambda _, x, lo, hi: f"IF({lo}={hi},IF({x}>={lo},100,0),MAX(0,MIN(1,({x}-{lo})/({hi}-{lo})))*100)",
        (3, 3),
        numbers=True,
    ),
    "band": Function(_band, lambda _, x, table: f"SUMPRODUCT(--({table}<={x}))", (2, 2), numbers=True),
    "above": Function(_above, lambda _, x, table: f"SUMPRODUCT(--({table}<{x}))", (2, 2), numbers=True),
    "concat": Function(_concat, lambda _, *a: "(" + "&".join(a) + ")", (2, 30)),
    "trim": Function(
        lambda _, x: np_text(x, lambda v: " ".join(v.split())), lambda _, x: f"TRIM({x})", (1, 1)
    ),
    "money": Function(
        _each(lambda v: f"{v:,.2f}"), lambda _, x: f'TEXT({x},"#,##0.00")', (1, 1), numbers=True
    ),
    "whole": Function(_each(lambda v: f"{v:,.0f}"), lambda _, x: f'TEXT({x},"#,##0")', (1, 1), numbers=True),
    "decimal": Function(_each(lambda v: f"{v:.2f}"), lambda _, x: f'TEXT({x},"0.00")', (1, 1), numbers=True),
    "iso": Function(
        _each(_iso), lambda _, d: f'(YEAR({d})&"-"&TEXT(MONTH({d}),"00")&"-"&TEXT(DAY({d}),"00"))', (1, 1)
    ),
    "tier_of": Function(_tier_of, _tier_of_formula, (1, 1), accepts_unknown=True),
    "say": Function(
        lambda c, key: text(str(key), c.lang),
        lambda c, key: '"' + text(key[1:-1], c.lang).replace('"', '""') + '"',
        (1, 1),
    ),
}
