"""The shape of a scheme file: what it may declare, checked by pydantic before anything runs."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from sheetgen.scheme.criterion import Criterion, Group
from sheetgen.scheme.shapes import CutBy, Format, Id, Number, SchemeId, Strict, Whole, Words

__all__ = [
    "Aggregation",
    "Column",
    "Criterion",
    "Format",
    "Metric",
    "Parameter",
    "SchemeFile",
    "Strict",
    "Tag",
    "Tier",
    "Tracking",
    "Window",
]

Aggregation = Literal[
    "sum", "count", "count_distinct", "mean", "min", "max", "last", "days_since", "months_since", "value"
]


class Window(Strict):
    """Days that a metric looks at, up to the as-of date or, with ``before``, to where that window starts.

    Either the last ``days``; or the last ``months``, the end of a month counting back to the end of one; or a
    ``period`` from its first day on, whose year begins in ``first_month`` (1 to 12, or a parameter's id; else
    1). A period ``before`` one of the same kind ends on the same day of it, so that equal parts are
    compared. ``whole``: the last period that has ended (by the as-of date itself at the latest), and before
    another one the whole of it.
    """

    label: Words
    days: Whole | None = Field(default=None, ge=1, le=36_600)
    months: Whole | None = Field(default=None, ge=1, le=600)
    period: Literal["year", "half_year", "quarter", "month"] | None = None
    first_month: Annotated[Whole, Field(ge=1, le=12)] | Id | None = None
    whole: bool = False
    before: Id | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Window:
        if (self.days, self.months, self.period).count(None) != 2:
            raise ValueError("shape_window")
        if self.period is None and (self.whole or self.first_month is not None):
            raise ValueError("shape_period")
        if self.period == "month" and self.first_month is not None:
            raise ValueError("shape_month")
        return self


class Parameter(Strict):
    """A number on 参数设置 that staff may change.

    ``any_of``: a metric; a build writes 1 where any customer has something of it, else 0, unless staff have
    decided.
    """

    label: Words
    value: Number
    any_of: Id | None = None
    format: Format = "decimal"
    low: Number | None = None
    high: Number | None = None
    note: Words | None = None


class Metric(Strict):
    """A fact about a customer, aggregated from a table. ``empty``: what it is without data: 0, or unknown."""

    label: Words
    source: str = Field(alias="from")
    agg: Aggregation
    of: str = ""
    where: str = ""
    window: Id | None = None
    empty: Literal[0, "unknown"]
    format: Format
    note: Words | None = None
    hidden: bool = False

    @model_validator(mode="after")
    def _complete(self) -> Metric:
        if self.agg != "count" and not self.of:
            raise ValueError(f"agg: {self.agg} needs 'of', the column it works on")
        if self.source == "customers" and self.agg not in ("value", "months_since"):
            raise ValueError("from: customers takes agg: value or months_since")
        if self.source != "customers" and self.agg in ("value", "months_since"):
            raise ValueError(f"agg: {self.agg} is for from: customers")
        if (
            self.agg in ("mean", "min", "max", "last", "days_since", "value", "months_since")
            and self.empty == 0
        ):
            raise ValueError(f"agg: {self.agg} of nothing is unknown, not 0: write empty: unknown")
        if self.agg in ("sum", "count", "count_distinct") and self.empty == "unknown":
            raise ValueError(f"agg: {self.agg} of nothing is 0: write empty: 0")
        return self


class Column(Strict):
    """A computed column: one expression. ``choices`` name the words the expression may give."""

    label: Words
    value: str
    format: Format
    sheet: Literal["scores", "tiers"] = "scores"
    choices: dict[Id, Words] = Field(default_factory=dict)
    note: Words | None = None
    hidden: bool = False


class Tier(Strict):
    """A tier. ``at_least`` (inclusive) or ``over`` (strict) is its lower edge; the lowest tier has none."""

    id: Id
    label: Words
    at_least: Number | None = None
    over: Number | None = None
    keep: Number | None = None
    """the line below which the tier is lost in time; without it a part of the edge (``tracking``)"""
    benefits: Words
    follow_up_days: Whole = Field(ge=1, le=3_660)
    points_rate: Number = Field(default=1.0, ge=0, le=100)

    @property
    def edge(self) -> float | None:
        """The lower edge as declared; None for the lowest tier."""
        return self.over if self.over is not None else self.at_least


class Tracking(Strict):
    """How tiers rise and fall from period to period; the numbers stand on 参数设置.

    ``rise``: at once, or as the next period begins. ``fall_after``: periods in a row below the keep line
    (``keep`` of the tier, else ``keep_part`` of its edge) until the tier falls, ``to_value`` or ``one_down``.
    No fall within ``grace_days`` of the first grading, nor within ``lock_days`` of earning the tier; who has
    reached ``floor`` never falls below it.
    """

    period: Literal["week", "month", "quarter", "half_year", "year"] = "month"
    rise: Literal["now", "next"] = "now"
    fall_after: Whole = Field(default=1, ge=1, le=60)
    fall: Literal["to_value", "one_down"] = "to_value"
    keep_part: Number = Field(default=1.0, ge=0, le=1)
    grace_days: Whole = Field(default=0, ge=0, le=3_660)
    lock_days: Whole = Field(default=0, ge=0, le=3_660)
    floor: Id | Literal[""] = ""


class Tag(Strict):
    """A mark such as 高频, given where ``when`` holds."""

    label: Words
    when: str


class SchemeFile(Strict):
    """A whole scheme. ``tiers`` stand highest first; ``tier_by`` names the metric or column their edges cut.

    ``cut_by``: what the edges are: values of ``tier_by``; shares of its sum over all customers; the top part
    of the customers by it; or the customers who together bring that part of the sum. All but values are
    resolved to values when a book is built. ``uplift``: an expression, by how many tiers a customer rises.
    The total score is the criteria's, times ``factor``, plus ``bonus``: two more expressions.
    ``steps``: open tiers have a gap to the next one, fixed ones are named classes. ``revenue`` is the metric
    that Pareto and the tiers' spend add up. ``why`` replaces the standard explanation.
    """

    id: SchemeId
    label: Words
    source: Words
    summary: Words
    windows: dict[Id, Window] = Field(default_factory=dict)
    parameters: dict[Id, Parameter] = Field(default_factory=dict)
    metrics: dict[Id, Metric]
    columns: dict[Id, Column] = Field(default_factory=dict)
    groups: dict[Id, Group] = Field(default_factory=dict)
    criteria: dict[Id, Criterion] = Field(default_factory=dict)
    factor: str = ""
    bonus: str = ""
    tags: dict[Id, Tag] = Field(default_factory=dict)
    tier_by: Id
    cut_by: CutBy = "value"
    uplift: str = ""
    steps: Literal["open", "fixed"] = "open"
    tracking: Tracking = Tracking()
    why: str = ""
    revenue: Id
    tiers: tuple[Tier, ...] = Field(min_length=2, max_length=10)

    def edge_text(self, tier: Tier) -> str:
        """The lower edge as declared: ``> 500,000.00``, ``≥ 10 %``, or nothing."""
        if tier.edge is None:
            return ""
        sign = ">" if tier.over is not None else "≥"
        return f"{sign} {tier.edge:,.2f}" if self.cut_by == "value" else f"{sign} {tier.edge:.4%}"

    @field_validator("tiers")
    @classmethod
    def _tiers_fall(cls, tiers: tuple[Tier, ...], info: ValidationInfo) -> tuple[Tier, ...]:
        if len({tier.id for tier in tiers}) != len(tiers):
            raise ValueError("two tiers have the same id")
        if tiers[-1].edge is not None:
            raise ValueError("the last tier is the lowest and takes no edge: everything else falls into it")
        if any((tier.at_least is None) == (tier.over is None) for tier in tiers[:-1]):
            raise ValueError("every tier but the last takes either at_least or over")
        cut_by = info.data.get("cut_by", "value")
        edges = [(tier.edge or 0.0, tier.over is not None) for tier in tiers[:-1]]
        if cut_by != "value" and any(strict or not 0 < edge <= 1 for edge, strict in edges):
            raise ValueError(f"with cut_by: {cut_by} every edge is at_least: a part above 0 and up to 1")
        if cut_by in ("rank", "cumulative"):
            edges = [(-edge, strict) for edge, strict in edges]  # the higher the tier, the smaller its part
        if any(above <= below for above, below in pairwise(edges)):
            raise ValueError("tiers stand highest first, and their edges must fall strictly")
        return tiers

    @model_validator(mode="after")
    def _tracks(self) -> SchemeFile:
        if self.tracking.floor and self.tracking.floor not in {tier.id for tier in self.tiers}:
            raise ValueError(f"tracking: floor: {self.tracking.floor} is no tier")
        if self.steps == "fixed" and "tracking" in self.model_fields_set:
            raise ValueError("tracking is for steps: open; named classes (steps: fixed) follow their numbers")
        for tier in self.tiers:
            if tier.keep is None:
                continue
            if tier.edge is None or self.cut_by != "value":
                raise ValueError(f"tier {tier.id}: keep goes with an edge that is a value")
            if tier.keep > tier.edge:
                raise ValueError(f"tier {tier.id}: keep lies above the edge")
        return self
