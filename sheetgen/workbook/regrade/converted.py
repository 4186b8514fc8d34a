"""Attributes and values of a column's cells, as they were found in the XML, made into arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from sheetgen.workbook.patch.markup import plain_string, unescaped
from sheetgen.workbook.regrade.columns import (
    ERROR,
    FLAG,
    NO_FORMULA,
    NOTHING,
    NUMBER,
    TEXT,
    Column,
    Pools,
    chunk,
)

SHARED: Final = -1
INLINE: Final = -2
_TYPES: Final = {"n": NUMBER, "s": SHARED, "str": TEXT, "b": FLAG, "e": ERROR, "inlineStr": INLINE}


class _Codes(dict[bytes, int]):
    """Bytes -> their code, worked out once for each."""

    def __init__(self, code: Callable[[bytes], int]) -> None:
        super().__init__()
        self.code = code

    def __missing__(self, raw: bytes) -> int:
        self[raw] = found = self.code(raw)
        return found


class Converter:
    """Makes arrays with the codes of ``pools``. What it is made of does not point back at it, so that it goes
    when it is no longer needed.
    """

    def __init__(self, pools: Pools) -> None:
        self.pools = pools
        types, looks = list[int](), list[int]()
        self.types, self.looks = types, looks
        """by code of attributes"""
        self.attributes = _Codes(lambda raw: _attributes(raw, pools, types, looks))
        text = _Codes(lambda raw: pools.text(plain_string(_said(raw))))
        self.texts = {
            TEXT: text,
            INLINE: text,
            ERROR: _Codes(lambda raw: pools.text(_said(raw))),
            FLAG: _Codes(lambda raw: pools.text(_flag(_said(raw)))),
        }

    def column(
        self, rows: Any, attributes: Sequence[bytes | None], raw: Sequence[bytes | None], formula: int
    ) -> Column:
        """The cells of ``rows``, as far as they have attributes. ``formula``: the code of theirs."""
        import numpy as np

        if None in attributes:
            there = [i for i, found in enumerate(attributes) if found is not None]
            rows, attributes, raw = rows[there], [attributes[i] for i in there], [raw[i] for i in there]
        n = len(attributes)
        code: Callable[[bytes | None], int] = self.attributes.__getitem__  # type: ignore[assignment]
        codes = np.fromiter(map(code, attributes), dtype=np.int64, count=n)
        types, looks = (np.asarray(of, dtype=np.int32)[codes] for of in (self.types, self.looks))
        full = np.asarray([v is not None for v in raw], dtype=bool) if None in raw else np.ones(n, dtype=bool)
        kinds, values = np.full(n, NOTHING, dtype=np.uint8), np.zeros(n)
        for kind in np.unique(types).tolist():
            here = (types == kind) & full
            whole = bool(here.all())
            words = raw if whole else [raw[i] for i in np.flatnonzero(here).tolist()]
            if len(words):
                kinds[here], values[here] = self._values(kind, words, formula)
        return chunk(rows, kinds, values, np.full(n, formula, dtype=np.int32), looks)

    def kind(self, of: int) -> int:
        """What a cell of this type shows."""
        return TEXT if of in (SHARED, INLINE) else of

    def value(self, of: int, raw: bytes, ruled: bool) -> tuple[int, float]:
        """Kind and value of one number or shared string, however it is written."""
        return self._number(raw) if of == NUMBER else self._string(raw, 0 if ruled else NO_FORMULA)

    def _values(self, kind: int, raw: Sequence[Any], formula: int) -> tuple[Any, Any]:
        """Kinds and values of cells of one type."""
        import numpy as np

        if kind == NUMBER:
            try:
                return NUMBER, np.fromiter(map(float, raw), dtype=np.float64, count=len(raw))
            except ValueError:
                return _pairs(map(self._number, raw))
        if kind == SHARED:
            try:
                codes = np.fromiter(map(int, raw), dtype=np.float64, count=len(raw))
            except ValueError:
                codes = np.full(1, -1.0)
            if codes.min() >= 0 and codes.max() < len(self.pools.shared):
                return TEXT, codes
            return _pairs(self._string(words, formula) for words in raw)
        pool = self.texts[kind]
        values = np.fromiter(map(pool.__getitem__, raw), dtype=np.float64, count=len(raw))
        empty = formula == NO_FORMULA and b"" in pool
        return (np.where(values == pool[b""], NOTHING, kind) if empty else kind), values

    def _number(self, raw: bytes) -> tuple[int, float]:
        words = _said(raw)
        if not words:
            return NOTHING, 0.0
        try:
            return NUMBER, float(words)
        except ValueError:
            return self.pools.odd_number, float(self.pools.text(words))

    def _string(self, raw: bytes, formula: int) -> tuple[int, float]:
        words = _said(raw)
        if not words and formula == NO_FORMULA:
            return NOTHING, 0.0
        at = int(words) if words.strip().isdigit() else -1
        return TEXT, float(at if 0 <= at < len(self.pools.shared) else self.pools.text(f"?{words}"))


def _attributes(raw: bytes, pools: Pools, types: list[int], looks: list[int]) -> int:
    found = {word[0]: word[2:] for word in raw.decode().replace('"', "").split()}
    types.append(_TYPES[found.get("t", "n")])
    look = (found.get("s", "0"), ("", "", ""))
    looks.append(pools.looks.setdefault(look, len(pools.looks)))
    return len(types) - 1


def _pairs(found: Iterable[tuple[int, float]]) -> tuple[Any, Any]:
    import numpy as np

    pairs = np.asarray(list(found), dtype=np.float64)
    return pairs[:, 0], pairs[:, 1]


def _said(raw: bytes) -> str:
    """Character data as an XML parser gives it."""
    text = raw.decode()
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return unescaped(text)


def _flag(words: str) -> str:
    return {"true": "1", "false": "0"}.get(words.strip(), words.strip())
