"""How a criterion of a scheme earns points: its ways, limits, decay, and what missing data mean."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from sheetgen.scheme.shapes import CutBy, Id, Number, Strict, Whole, Words


class Decay(Strict):
    """Points halve every ``half_life`` days. ``since``: the metric or column that counts the days."""

    since: Id
    half_life: Number = Field(ge=1, le=36_600)


class Group(Strict):
    """Criteria that together bring at most ``cap`` points to the total score, and at least ``floor``."""

    label: Words
    cap: Number | None = None
    floor: Number | None = None

    @model_validator(mode="after")
    def _limits(self) -> Group:
        if self.cap is None and self.floor is None:
            raise ValueError("shape_group")
        _check_limits(self.cap, self.floor)
        return self


class Criterion(Strict):
    """A metric or column that earns points, in one of these ways:

    ``low`` and ``high``: 0 at low and 100 at high (low > high: less is better). ``cuts``: one more point for
    each that it reaches; with ``cut_by`` they are parts as with tiers, resolved when a book is built.
    ``quantiles``: one more for each that it exceeds. ``per`` and ``points``: so many points, below 0 too, for
    every ``per`` of it (``full``: parts of one do not count).

    Points of ``per`` are added to the total score; the others are averaged by ``weight``. ``missing``: what
    an unknown value does: its weight is shared out, it is taken as ``neutral``, or it earns zero. Points fade
    by ``decay``, end at ``cap`` and ``floor``, and may stand in a ``group``.
    """

    weight: Number | None = Field(default=None, ge=0, le=1_000)
    low: Number | None = None
    high: Number | None = None
    cuts: tuple[Number, ...] = ()
    cut_by: CutBy = "value"
    quantiles: Whole | None = Field(default=None, ge=2, le=10)
    less_is_better: bool = False
    per: Number | None = Field(default=None, gt=0)
    points: Number | None = None
    full: bool = False
    cap: Number | None = None
    floor: Number | None = None
    group: Id | None = None
    missing: Literal["share", "neutral", "zero"] = "share"
    neutral: Number | None = None
    decay: Decay | None = None

    @property
    def added(self) -> bool:
        """Its points are added to the total score; else they are averaged by weight."""
        return self.per is not None

    @property
    def by_data(self) -> bool:
        """Its cuts are made from the data whenever a book is built."""
        return self.quantiles is not None or self.cut_by != "value"

    @property
    def steps(self) -> int:
        """How many cut points it has."""
        return len(self.cuts) or (self.quantiles or 1) - 1

    @model_validator(mode="after")
    def _one_way(self) -> Criterion:
        if (self.low is None) != (self.high is None):
            raise ValueError("shape_low_high")
        if (self.per is None) != (self.points is None):
            raise ValueError("shape_per_points")
        ways = (self.low is not None) + bool(self.cuts) + (self.quantiles is not None) + self.added
        if ways != 1:
            raise ValueError("shape_one_way")
        if self.added == (self.weight is not None):
            raise ValueError("shape_weight")
        if self.full and not self.added:
            raise ValueError("shape_full")
        return self

    @model_validator(mode="after")
    def _cuts_rise(self) -> Criterion:
        if self.cut_by != "value" and (not self.cuts or self.less_is_better):
            raise ValueError("shape_cut_by")
        if self.cut_by != "value" and any(not 0 < cut <= 1 for cut in self.cuts):
            raise ValueError("shape_parts")
        if list(self.cuts) != sorted(set(self.cuts)):
            raise ValueError("cuts must rise")
        return self

    @model_validator(mode="after")
    def _limits(self) -> Criterion:
        if (self.missing == "neutral") != (self.neutral is not None):
            raise ValueError("shape_neutral")
        _check_limits(self.cap, self.floor)
        return self


def _check_limits(cap: float | None, floor: float | None) -> None:
    if cap is not None and floor is not None and cap <= floor:
        raise ValueError("shape_limits")
