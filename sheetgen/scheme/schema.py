"""The shape of a scheme file: what it may declare, checked by pydantic before anything runs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from sheetgen.i18n import Label

Format = Literal["money", "integer", "decimal", "points", "percent", "date", "text"]
Aggregation = Literal["sum", "count", "count_distinct", "mean", "min", "max", "last", "days_since", "months_since", "value"]
Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
SchemeId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]


def _label(value: object) -> object:
    if isinstance(value, dict) and set(value) == {"zh", "en"} and all(isinstance(v, str) for v in value.values()):
        return Label(**value)
    if isinstance(value, Label):
        return value
    raise ValueError("a label is {zh: …, en: …}")


Words = Annotated[Label, BeforeValidator(_label)]


class Strict(BaseModel):
    """Unknown keys are errors, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class Window(Strict):
    """Days that a metric looks at: ``length`` days up to the as-of date, or up to the start of ``before``."""

    label: Words
    days: int = Field(ge=1, le=36_600)
    before: Id | None = None


class Parameter(Strict):
    """A number on 参数设置 that staff may change."""

    label: Words
    value: float
    format: Format = "decimal"
    low: float | None = None
    high: float | None = None
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
        if self.agg in ("mean", "min", "max", "last", "days_since", "value", "months_since") and self.empty == 0:
            raise ValueError(f"agg: {self.agg} of nothing is unknown, not 0: write empty: unknown")
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
    one more point for each of ``cuts`` that it reaches. ``weight``: its share of the total score."""

    weight: float = Field(ge=0, le=1_000)
    low: float | None = None
    high: float | None = None
    cuts: tuple[float, ...] = ()
    quantiles: int | None = Field(default=None, ge=2, le=10)
    less_is_better: bool = False

    @model_validator(mode="after")
    def _one_way(self) -> Criterion:
        ways = (self.low is not None and self.high is not None) + bool(self.cuts) + (self.quantiles is not None)
        if ways != 1:
            raise ValueError("a criterion takes either low and high, or cuts, or quantiles")
        if list(self.cuts) != sorted(set(self.cuts)):
            raise ValueError("cuts must rise")
        return self


class Tier(Strict):
    """A tier. ``at_least`` (inclusive) or ``over`` (strict) is its lower edge; the lowest tier has none."""

    id: Id
    label: Words
    at_least: float | None = None
    over: float | None = None
    benefits: Words
    follow_up_days: int = Field(ge=1, le=3_660)
    points_rate: float = Field(default=1.0, ge=0, le=100)

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

    ``steps``: open tiers have a gap to the next one, fixed ones are named classes. ``revenue`` is the metric that
    Pareto and the tiers' spend add up. ``why`` replaces the standard explanation.
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
    steps: Literal["open", "fixed"] = "open"
    why: str = ""
    revenue: Id
    tiers: tuple[Tier, ...] = Field(min_length=2, max_length=10)

    @model_validator(mode="after")
    def _tiers_rise(self) -> SchemeFile:
        if len({tier.id for tier in self.tiers}) != len(self.tiers):
            raise ValueError("two tiers have the same id")
        if self.tiers[-1].edge is not None:
            raise ValueError("the last tier is the lowest and takes no edge: everything else falls into it")
        edges = [(tier.edge, tier.over is not None) for tier in self.tiers[:-1]]
        if any(edge is None or (tier.at_least is not None and tier.over is not None) for (edge, _), tier in zip(edges, self.tiers, strict=False)):
            raise ValueError("every tier but the last takes either at_least or over")
        if any(not a > b for a, b in zip(edges, edges[1:], strict=False)):
            raise ValueError("tiers stand highest first, and their edges must fall strictly")
        return self
