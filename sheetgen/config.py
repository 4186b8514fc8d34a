"""The config file, sheetgen.yml: what the user decided once for all. A mistake is told with its line."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, field_validator

from sheetgen.errors import UsageError
from sheetgen.ingest.keys import position
from sheetgen.ingest.rules import ReadRules
from sheetgen.scheme.schema import Strict
from sheetgen.scheme.tables import data_tables
from sheetgen.yamlfile import line_of, nearest_key, read_text_file, read_yaml

NAME = "sheetgen.yml"
PLACES = ("date", "scheme")
"""what may stand in braces in the name of a weekly book"""


def _text(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError(f'write it in quotes: "{value}"')
    if not value.strip():
        raise ValueError("it is empty")
    return value.strip()


def _rate(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("write a number, without quotes")
    rate = Decimal(str(value))
    if not rate.is_finite() or not 0 < rate < 10**6:
        raise ValueError("a rate is above 0 and below 1,000,000")
    return rate


def _code(value: object) -> object:
    if not (isinstance(value, str) and len(value) == 3 and value.isascii() and value.isupper()):
        raise ValueError("write a currency as three capitals, such as CNY")
    return value


def _list(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _day(value: object) -> object:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError("write a day as 2025-12-31")
    return value


Text = Annotated[str, BeforeValidator(_text)]
Listed = Annotated[tuple[Text, ...], BeforeValidator(_list)]
"""one text, or several"""
Day = Annotated[date, BeforeValidator(_day)]
Code = Annotated[str, BeforeValidator(_code)]
Rate = Annotated[Decimal, BeforeValidator(_rate)]

Shipping = Literal["included", "excluded"]
Coupons = Literal["deducted", "added_back"]


class AmountSays(Strict):
    """What a column of amounts holds already."""

    shipping: Shipping | None = None
    coupons: Coupons | None = None


class Reading(Strict):
    """How inputs are read; see ReadRules for what each key means."""

    map: dict[str, Text] = Field(default_factory=dict)
    encodings: dict[str, Text] = Field(default_factory=dict)
    sheets: dict[str, Text] = Field(default_factory=dict)
    currency: Code | None = None
    rates: dict[Code, Rate] = Field(default_factory=dict)
    test_customers: tuple[Text, ...] = ()
    shipping: Shipping | None = None
    coupons: Coupons | None = None
    amount_says: dict[Text, AmountSays] = Field(default_factory=dict)

    @field_validator("map")
    @classmethod
    def _fields_exist(cls, mapping: dict[str, str]) -> dict[str, str]:
        known = {f for t in data_tables().values() for f in t.fields}
        known |= {f"{t.id}.{f}" for t in data_tables().values() for f in t.fields}
        for name, header in mapping.items():
            if name not in known:
                near = nearest_key(name, known) or "customer_id"
                raise ValueError(f"there is no field {name}; did you mean {near}?")
            if (at := position(header)) is not None and at < 0:
                raise ValueError(f"columns count from #1, not {header}")
        return mapping

    @field_validator("encodings")
    @classmethod
    def _encodings_exist(cls, encodings: dict[str, str]) -> dict[str, str]:
        for name in encodings.values():
            try:
                codecs.lookup(name)
            except LookupError:
                raise ValueError(f"there is no encoding {name}; gb18030 and utf-8 are usual") from None
        return encodings

    def rules(self) -> ReadRules:
        """The same as what the readers take."""
        return ReadRules(
            mapping=self.map,
            encodings=self.encodings,
            sheets=self.sheets,
            currency=self.currency or "",
            rates=self.rates,
            test_customers=self.test_customers,
            shipping=self.shipping or "",
            coupons=self.coupons or "",
            amount_says={h: says.model_dump(exclude_none=True) for h, says in self.amount_says.items()},
        )


class Carry(Strict):
    """What of staff's moves on from last week's book beyond their own cells; all of it unless refused."""

    corrections: bool = True
    columns: bool = True
    sheets: bool = True
    parameters: bool = True


class Weekly(Strict):
    """The weekly run: from which sources, by which schemes, to where. Paths start at the config."""

    sources: Listed = ()
    kinds: dict[str, Listed] = Field(default_factory=dict)
    scheme: Listed = ("vip-abc",)
    folder: Text = "."
    name: Text | None = None
    lang: Literal["zh", "en"] = "zh"
    as_of: Day | None = None
    split_by: Text | None = None
    password_file: Text | None = None
    engine: Text = "duckdb"
    strict: bool = False
    carry: Carry = Carry()

    @field_validator("kinds")
    @classmethod
    def _kinds_exist(cls, kinds: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for kind in kinds:
            if kind not in data_tables():
                raise ValueError(f"there is no kind {kind}; there are {', '.join(data_tables())}")
        return kinds

    @field_validator("name")
    @classmethod
    def _name_dated(cls, name: str | None) -> str | None:
        if name is None:
            return None
        unknown = set(re.findall(r"\{([^}]*)\}", name)) - set(PLACES)
        if unknown or "{date}" not in name:
            raise ValueError(f"a name has {{date}} in it, and may have {{scheme}}, not {sorted(unknown)}")
        if re.search(r'[<>:"/\\|?*\x00-\x1f]', name):
            raise ValueError(
                "a name is a file's, without folders and without any of these: < > : \" / \\ | ? *"
            )
        return name


class Config(Strict):
    """A whole config file."""

    reading: Reading = Reading()
    weekly: Weekly | None = None


NO_CONFIG = Config()


def load_config(path: Path | None = None) -> Config:
    """The config of ``path``; without one that of ./sheetgen.yml, if it is there. Raises UsageError."""
    if path is None:
        path = Path(NAME)
        if not path.is_file():
            return NO_CONFIG
    if not path.is_file():
        raise UsageError("config_missing", "SG701", path=path)
    return read_config(read_text_file(path, "config_too_big", "config_yaml"), str(path))


def read_config(text: str, where: str = NAME) -> Config:
    """A config from its YAML text. An empty file, or comments alone, decide nothing. Raises UsageError."""
    if not any(line.strip() and not line.lstrip().startswith("#") for line in text.splitlines()):
        return NO_CONFIG
    loaded, plain = read_yaml(text, where, "config_yaml")
    for section in [key for key, value in plain.items() if value is None]:
        del plain[section]  # a section whose lines are all comments
    try:
        return Config.model_validate(plain)
    except ValidationError as error:
        raise _error(error.errors()[0], loaded, where) from None


def _error(first: Mapping[str, Any], loaded: object, where: str) -> UsageError:
    place = [part for part in first["loc"] if isinstance(part, str | int)]
    line, name = line_of(loaded, place), ".".join(map(str, place)) or NAME
    if first["type"] == "extra_forbidden":
        known = {key for model in (Config, Reading, Weekly, Carry) for key in model.model_fields}
        near = nearest_key(place[-1], known) or ", ".join(_siblings(place))
        return UsageError("config_key_near", "SG701", path=where, line=line, name=name, near=near)
    problem = first["msg"].removeprefix("Value error, ")
    return UsageError("config_key", "SG701", path=where, line=line, name=name, problem=problem)


def _siblings(place: list[str | int]) -> list[str]:
    sections: dict[str, type[Strict]] = {"reading": Reading, "weekly": Weekly}
    model = sections.get(str(place[0]), Config) if len(place) > 1 else Config
    return sorted(model.model_fields)


def with_mapping(rules: ReadRules, mapping: Mapping[str, str]) -> ReadRules:
    """``rules`` with the ``mapping`` of the command line over their own: it wins field by field."""
    plain = {field for field in mapping if "." not in field}
    kept = {f: h for f, h in rules.mapping.items() if f.rpartition(".")[2] not in plain}
    return replace(rules, mapping={**kept, **mapping})
