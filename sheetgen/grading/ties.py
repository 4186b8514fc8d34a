"""Where many customers are equal a score or a tier is skipped, for no tie is ever split: in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sheetgen.grading.settings import HIGHEST
from sheetgen.model import Issue

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from sheetgen.i18n import Lang
    from sheetgen.model import Settings
    from sheetgen.scheme.compile import Scheme


def tie_notes(scheme: Scheme, settings: Settings, frame: pd.DataFrame, lang: Lang) -> tuple[Issue, ...]:
    """A note for each quantile criterion with scores that nobody has, and each relative tier that is empty.

    ``frame``: the facts or the graded customers. ``Issue.column`` is the label of the metric, ``value`` the
    value that the customers share, ``count`` how many they are.
    """
    return (*_scores(scheme, settings, frame, lang), *_tiers(scheme, settings, frame, lang))


def skipped_scores(values: npt.NDArray[np.float64], cuts: tuple[float, ...]) -> list[int]:
    """The scores 1 … n+1 that no known value gets: as many points as there are cuts below it, and one."""
    import numpy as np

    known = values[~np.isnan(values)]
    got = set((np.searchsorted(np.sort(cuts), known, side="left") + 1).tolist()) if len(known) else set()
    return [score for score in range(1, len(cuts) + 2) if got and score not in got]


def _scores(scheme: Scheme, settings: Settings, frame: pd.DataFrame, lang: Lang) -> Iterator[Issue]:
    import numpy as np

    for key, criterion in scheme.file.criteria.items():
        if criterion.quantiles is None or f"{key}_cut_1" in settings.changed:  # these are set, not found
            continue
        values, cuts = frame[key].to_numpy(dtype=np.float64), settings.tables[f"{key}_cut"]
        skipped = skipped_scores(values, cuts)
        if not skipped:
            continue
        if criterion.less_is_better:
            skipped = sorted(len(cuts) + 2 - score for score in skipped)
        label = scheme.label(key).text(lang)
        scores = ("、" if lang == "zh" else ", ").join(map(str, skipped))
        known = values[~np.isnan(values)]
        value, count, spans = _widest_tie(known, criterion.quantiles)
        facts = (("scores", scores), ("quantiles", str(criterion.quantiles)))
        if spans > 1 and len(known) > criterion.quantiles:
            yield Issue("SG711", "note", column=label, value=f"{value:,.12g}", count=count, facts=facts)
        else:
            yield Issue("SG712", "note", column=label, count=len(known), facts=facts)


def _widest_tie(values: npt.NDArray[np.float64], quantiles: int) -> tuple[float, int, int]:
    """The value on which most quantiles fall (the top one too), its customers, and how many quantiles."""
    import numpy as np

    falls_on, times = np.unique(
        np.quantile(values, np.arange(1, quantiles + 1) / quantiles, method="lower"), return_counts=True
    )
    most = int(np.argmax(times))
    return float(falls_on[most]), int((values == falls_on[most]).sum()), int(times[most])


def _tiers(scheme: Scheme, settings: Settings, frame: pd.DataFrame, lang: Lang) -> Iterator[Issue]:
    import numpy as np

    if scheme.file.cut_by == "value":
        return
    rising = list(reversed(scheme.file.tiers))
    cuts = settings.tables["tier_cut"]
    values = frame[scheme.file.tier_by].to_numpy(dtype=np.float64)
    for i in range(1, len(cuts) - 1):
        if cuts[i] == cuts[i + 1] and cuts[i] < HIGHEST and f"tier_{rising[i].id}" not in settings.changed:
            facts = (("tier", rising[i].label.text(lang)), ("above", rising[i + 1].label.text(lang)))
            label = scheme.label(scheme.file.tier_by).text(lang)
            count = int((values == cuts[i]).sum())
            yield Issue("SG713", "note", column=label, value=f"{cuts[i]:,.12g}", count=count, facts=facts)
