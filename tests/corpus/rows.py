"""Bad inputs: rows."""

from __future__ import annotations

from tests.corpus.base import Case

CASES: tuple[Case, ...] = ()
