"""Schemes side by side: each grades as it does alone, whichever leads."""

from __future__ import annotations

import pytest

from sheetgen.errors import UsageError
from sheetgen.i18n import LANGS
from sheetgen.scheme.library import load_scheme, load_schemes, read_scheme, shipped

from .base import company, graded


@pytest.mark.parametrize("name", [name for name in shipped() if name != "vip-abc"])
def test_each_scheme_grades_as_it_does_alone(name: str) -> None:
    clean = company(seed=4)
    alone, lead = (graded(clean, load_scheme(n)).frame for n in (name, "vip-abc"))
    joined = load_schemes(["vip-abc", name])
    frame = graded(clean, joined).frame
    side = joined.sides[0]
    labels = {tier.label.zh for tier in side.file.tiers}
    assert set(frame[side.tier]) <= labels
    assert frame[side.tier].tolist() == alone["computed_tier"].tolist()
    for column in ("final_tier", "why", "score", "tags"):
        assert frame[column].tolist() == lead[column].tolist()


@pytest.mark.parametrize("lead", ["rfm", "electronics-share", "phone-pareto", "credit"])
def test_any_scheme_may_lead(lead: str) -> None:
    clean = company(seed=5)
    joined = load_schemes([lead, "vip-abc", "weighted-score"])
    frame = graded(clean, joined).frame
    assert frame["final_tier"].tolist() == graded(clean, load_scheme(lead)).frame["final_tier"].tolist()
    for side, name in zip(joined.sides, ("vip-abc", "weighted-score"), strict=True):
        alone = graded(clean, load_scheme(name)).frame
        assert frame[side.tier].tolist() == alone["computed_tier"].tolist()
        assert frame[f"{side.prefix}score"].tolist() == alone["score"].tolist()


def test_what_both_declare_alike_is_computed_once() -> None:
    vip, joined = load_scheme("vip-abc"), load_schemes(["vip-abc", "weighted-score"])
    assert [key for key in joined.metrics if key.startswith("x2_")] == []
    assert set(joined.metrics) == set(vip.metrics)


def test_every_visible_label_is_its_own() -> None:
    joined = load_schemes(["vip-abc", "weighted-score", "rfm", "survey", "bank-aum"])
    for lang in LANGS:
        shown = [m.label.text(lang) for m in joined.metrics.values() if not m.hidden]
        shown += [c.label.text(lang) for c in joined.computed if not c.hidden]
        assert len(shown) == len(set(shown))


def test_the_text_of_several_schemes_is_read_back() -> None:
    joined = load_schemes(["vip-abc", "rfm"])
    again = read_scheme(joined.text)
    assert [(c.id, c.expression.source) for c in again.computed] == [
        (c.id, c.expression.source) for c in joined.computed
    ]
    assert again.sides == joined.sides


def test_what_cannot_stand_side_by_side() -> None:
    with pytest.raises(UsageError) as error:
        load_schemes(["rfm", "vip-abc", "rfm"])
    assert error.value.code == "SG701"
