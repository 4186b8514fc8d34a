"""What the declarations of a scheme are made of: ids, labels, numbers, and models that change no value."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from sheetgen.i18n import Label

Format = Literal["money", "integer", "decimal", "points", "percent", "date", "text"]
Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
SchemeId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
CutBy = Literal["value", "share", "rank", "cumulative"]


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
