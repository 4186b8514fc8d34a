"""Bad inputs: headers."""

from __future__ import annotations

from tests.corpus.base import Case

CASES: tuple[Case, ...] = ()
