"""The shape of a scheme file: what it may declare, checked by pydantic before anything runs."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from sheetgen.i18n import Label

Format = Literal["money", "integer", "decimal", "points", "percent", "date", "text"]
Aggregation = Literal[
    "sum", "count", "count_distinct", "mean", "min", "max", "last", "days_since", "months_since", "value"
]
Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
SchemeId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]


def _label(value: object) -> object:
    if (
        isinstance(value, dict)
        and set(value) == {"zh", "en"}
        and all(isinstance(v, str) for v in value.values())
    ):
        return Label(**value)
    if isinstance(value, Label):
        return value
    raise ValueError("a label is {zh: …, en: …}")


def _number(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("write a number, without quotes or separators")
    return value


Words = Annotated[Label, BeforeValidator(_label)]
Number = Annotated[float, BeforeValidator(_number)]
Whole = Annotated[int, BeforeValidator(_number)]


class Strict(BaseModel):
    """Unknown keys are errors, values never change. Infinity and NaN are no numbers."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, allow_inf_nan=False)


class Window(Strict):
    """Days that a metric looks at: ``length`` days up to the as-of date, or up to the start of ``before``."""

    label: Words
    days: Whole = Field(ge=1, le=36_600)
    before: Id | None = None


class Parameter(Strict):
    """A number on 参数设置 that staff may change."""

    label: Words
    value: Number
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
    choices: dict[Id, Words] = {}
    note: Words | None = None
    hidden: bool = False


class Criterion(Strict):
    """A metric or column that earns points, 0 at ``low`` and 100 at ``high`` (low > high: less is better), or
    one more point for each of ``cuts`` that it reaches, or of ``quantiles`` that it exceeds.
    ``weight``: its share of the total score."""

    weight: Number = Field(ge=0, le=1_000)
    low: Number | None = None
    high: Number | None = None
    cuts: tuple[Number, ...] = ()
    quantiles: Whole | None = Field(default=None, ge=2, le=10)
    less_is_better: bool = False

    @model_validator(mode="after")
    def _one_way(self) -> Criterion:
        if (self.low is None) != (self.high is None):
            raise ValueError("low and high go together")
        ways = (self.low is not None) + bool(self.cuts) + (self.quantiles is not None)
        if ways != 1:
            raise ValueError("a criterion takes either low and high, or cuts, or quantiles")
        if list(self.cuts) != sorted(set(self.cuts)):
            raise ValueError("cuts must rise")
        return self


class Tier(Strict):
    """A tier. ``at_least`` (inclusive) or ``over`` (strict) is its lower edge; the lowest tier has none."""

    id: Id
    label: Words
    at_least: Number | None = None
    over: Number | None = None
    benefits: Words
    follow_up_days: Whole = Field(ge=1, le=3_660)
    points_rate: Number = Field(default=1.0, ge=0, le=100)

    @property
    def edge(self) -> float | None:
        """The lower edge as declared; None for the lowest tier."""
        return self.over if self.over is not None else self.at_least


class Tag(Strict):
    """A mark such as 高频, given where ``when`` holds."""

    label: Words
    when: str


class SchemeFile(Strict):
    """A whole scheme. ``tiers`` stand highest first; ``tier_by`` names the metric or column their edges cut.

    ``cut_by``: what the edges are: values of ``tier_by``; shares of its sum over all customers; the top part
    of the customers by it; or the customers who together bring that part of the sum. All but values are
    resolved to values when a book is built. ``uplift``: an expression, by how many tiers a customer rises.
    ``steps``: open tiers have a gap to the next one, fixed ones are named classes. ``revenue`` is the metric
    that Pareto and the tiers' spend add up. ``why`` replaces the standard explanation.
    """

    id: SchemeId
    label: Words
    source: Words
    summary: Words
    windows: dict[Id, Window] = {}
    parameters: dict[Id, Parameter] = {}
    metrics: dict[Id, Metric]
    columns: dict[Id, Column] = {}
    criteria: dict[Id, Criterion] = {}
    bonus: str = ""
    tags: dict[Id, Tag] = {}
    tier_by: Id
    cut_by: Literal["value", "share", "rank", "cumulative"] = "value"
    uplift: str = ""
    steps: Literal["open", "fixed"] = "open"
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
