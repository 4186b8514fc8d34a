"""What the user has decided about the inputs: on the command line, or once for all in the config."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True)
class ReadRules:
    """How to read and clean. Empty: find out, and say what was found.

    ``mapping``: our field, or kind.field -> their header, or ``#3`` for the third column. ``encodings`` and
    ``sheets``: file name or pattern -> encoding, sheet. ``rates``: currency code -> what one unit is worth in
    ``currency``. ``test_customers``: names and ids of accounts that are no customers.
    """

    mapping: Mapping[str, str] = field(default_factory=dict)
    encodings: Mapping[str, str] = field(default_factory=dict)
    sheets: Mapping[str, str] = field(default_factory=dict)
    currency: str = ""
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    test_customers: tuple[str, ...] = ()
    password: str = ""

    def facts(self) -> list[str]:
        """All but the password, as text: what a run's id depends on."""
        pairs = (self.mapping, self.encodings, self.sheets, self.rates)
        return [str(sorted(p.items())) for p in pairs] + [self.currency, *sorted(self.test_customers)]


NO_RULES = ReadRules()
