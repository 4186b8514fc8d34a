"""What the user has decided about the inputs: on the command line, or once for all in the config."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal


@dataclass(frozen=True)
class ReadRules:
    """How to read and clean. Empty: find out, and say what was found.

    ``mapping``: our field, or kind.field -> their header, or ``#3`` for the third column. ``encodings`` and
    ``sheets``: file name or pattern -> encoding, sheet. ``rates``: currency code -> what one unit is worth in
    ``currency``. ``test_customers``: names and ids of accounts that are no customers.
    ``merges``: (other, keep), ids that staff found to be one customer. ``shipping`` (included, excluded) and
    ``coupons`` (deducted, added_back): how orders count, '' as the amount column has it; ``amount_says``:
    header of an amount column -> setting -> which of these it is.
    """

    mapping: Mapping[str, str] = field(default_factory=dict)
    encodings: Mapping[str, str] = field(default_factory=dict)
    sheets: Mapping[str, str] = field(default_factory=dict)
    currency: str = ""
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    test_customers: tuple[str, ...] = ()
    merges: tuple[tuple[str, str], ...] = ()
    password: str = ""
    shipping: str = ""
    coupons: str = ""
    amount_says: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def with_merges(self, more: tuple[tuple[str, str], ...]) -> ReadRules:
        """These rules with further accepted merges."""
        return replace(self, merges=(*self.merges, *more))

    @property
    def weak_password(self) -> bool:
        """A password of fewer characters than guessing takes long for."""
        return 0 < len(self.password) < 10

    def facts(self) -> list[str]:
        """All but the password, as text: what a run's id depends on."""
        pairs = (self.mapping, self.encodings, self.sheets, self.rates)
        return [str(sorted(p.items())) for p in pairs] + [
            *(self.currency, *sorted(self.test_customers)),
            str(sorted(self.merges)),
            *self._switched(),
        ]

    def _switched(self) -> list[str]:
        if not self.shipping and not self.coupons:
            return []
        says = sorted((header, sorted(what.items())) for header, what in self.amount_says.items())
        return [self.shipping, self.coupons, str(says)]


NO_RULES = ReadRules()
