"""Exports of known platforms (platforms.yml): which one a row of headers is, and what its states mean."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from sheetgen.i18n import Label
from sheetgen.ingest import words
from sheetgen.ingest.keys import normalise
from sheetgen.ingest.text import fold

State = Literal["paid", "closed", "unpaid", "refunded"]
STATES: Final[tuple[State, ...]] = ("paid", "closed", "unpaid", "refunded")


@dataclass(frozen=True)
class Export:
    """One kind of file of a platform; see the head of platforms.yml. Headers are as written there."""

    platform: str
    kind: str
    told_by: tuple[str, ...]
    at_least: int
    fields: Mapping[str, tuple[str, ...]]
    then: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    amount_of: Literal["line", "order"] = "line"
    refunds: bool = False
    first_of: Mapping[str, str] = field(default_factory=dict)
    strip: Mapping[str, str] = field(default_factory=dict)
    dates: Literal["", "mdy"] = ""
    epochs: tuple[str, ...] = ()
    further: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    amount_says: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    states: Mapping[str, State] = field(default_factory=dict)
    """folded word -> state, for the status column of this export alone"""

    @property
    def headers(self) -> tuple[str, ...]:
        """Every header that becomes a field."""
        return tuple(h for many in (*self.fields.values(), *self.then.values()) for h in many)

    @property
    def id(self) -> str:
        """The platform and the place among its exports: ``taobao.2``."""
        return f"{self.platform}.{platforms()[self.platform].exports.index(self) + 1}"


@dataclass(frozen=True)
class Platform:
    """A source of exports. ``states``: folded word of a status column -> what it means."""

    id: str
    label: Label
    exports: tuple[Export, ...]
    states: Mapping[str, State]


@cache
def platforms() -> dict[str, Platform]:
    """All platforms by id, in the order of the file."""
    from ruamel.yaml import YAML

    declared = YAML(typ="safe").load((Path(__file__).parent / "platforms.yml").read_text("utf-8"))
    return {
        name: Platform(
            name,
            Label(**spec["label"]),
            tuple(_export(name, one) for one in spec["exports"]),
            _states(spec.get("states", {})),
        )
        for name, spec in declared.items()
    }


def _export(platform: str, spec: dict[str, Any]) -> Export:
    lists = {
        key: {f: tuple(h) for f, h in spec.get(key, {}).items()} for key in ("fields", "then", "further")
    }
    tuples = {key: tuple(spec.get(key, ())) for key in ("told_by", "epochs")}
    return Export(platform, **{**spec, **lists, **tuples, "states": _states(spec.get("states", {}))})


def _states(spec: Mapping[State, list[str]]) -> dict[str, State]:
    return {fold(word): state for state, said in spec.items() for word in said}


@cache
def _telling() -> tuple[tuple[Export, frozenset[str]], ...]:
    return tuple(
        (one, frozenset(map(normalise, one.told_by))) for p in platforms().values() for one in p.exports
    )


def told(keys: Collection[str], kind: str | None) -> Export | None:
    """The export of ``kind`` (None: any) that the normalised headers ``keys`` tell best, or None."""
    have = frozenset(keys)
    best, most = None, 0
    for export, telling in _telling():
        hits = len(have & telling) if kind in (None, export.kind) else 0
        if hits >= export.at_least and hits > most:
            best, most = export, hits
    return best


def export_of(export_id: str) -> Export | None:
    """The export with this id (``taobao.2``), or None."""
    return next((e for p in platforms().values() for e in p.exports if e.id == export_id), None)


@cache
def amount_says() -> Mapping[str, Mapping[str, str]]:
    """Normalised header of an amount column -> setting -> what it holds, in any file with that header."""
    declared = [pair for p in platforms().values() for e in p.exports for pair in e.amount_says.items()]
    return {normalise(header): says for header, says in declared}


@cache
def states() -> Mapping[str, State]:
    """What every known word of a status column means, folded: the general words and all platforms'."""
    found: dict[str, State] = {}
    for platform in platforms().values():
        found |= platform.states
    for state, said in zip(STATES, (words.PAID, words.CLOSED, words.UNPAID, words.REFUNDED), strict=True):
        found |= dict.fromkeys(said, state)
    return found
