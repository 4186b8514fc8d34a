"""Points, scores and tiers: the scheme's expressions run over the facts, each after those it depends on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sheetgen.errors import UsageError
from sheetgen.grading.coding import EPOCH
from sheetgen.grading.removed import without_results
from sheetgen.grading.settings import new_period
from sheetgen.model import Facts, Graded, Settings
from sheetgen.scheme.expr import evaluate
from sheetgen.scheme.functions import Context

if TYPE_CHECKING:
    import pandas as pd

    from sheetgen.i18n import Lang
    from sheetgen.scheme.compile import Scheme


def context_of(scheme: Scheme, lang: Lang) -> Context:
    """The language, words and tier aliases that expressions of ``scheme`` need.

    A tier goes by its id and by its label in either language, in any case; ranks rise from 1.
    """
    aliases: dict[str, int] = {}
    for rank, tier in enumerate(reversed(scheme.file.tiers), 1):
        for alias in (tier.id, tier.label.en, tier.label.zh):
            aliases.setdefault(alias.casefold(), rank)
    return Context(lang, scheme.words, aliases)


def grade(facts: Facts, inputs: pd.DataFrame, scheme: Scheme, settings: Settings, lang: Lang) -> Graded:
    """Every computed column of ``scheme`` beside the facts.

    ``inputs``: one row a customer in the same order, the columns of empty_inputs: staff's texts (``""`` when
    empty) and dates (serial days or NaN), and what the last book left (0 where nothing is known). Numbers are
    float64 with NaN for unknown, texts are objects in ``lang``; infinities mark what cannot be computed.
    """
    import numpy as np
    import pandas as pd

    context = context_of(scheme, lang)
    rising = list(reversed(scheme.file.tiers))
    names: dict[str, Any] = {
        **settings.numbers,
        **settings.tables,
        "tier_label": tuple(t.label.text(lang) for t in rising),
        "tier_benefits": tuple(t.benefits.text(lang) for t in rising),
        "tier_count": float(len(rising)),
        "as_of": float((settings.as_of - EPOCH).days),
        "new_period": float(new_period(settings)),
    }
    columns: dict[str, Any] = {key: facts.frame[key].to_numpy() for key in facts.frame.columns}
    columns |= {i.id: inputs[i.id].to_numpy() for i in scheme.inputs}
    names |= columns
    n = len(facts.frame)
    for column in scheme.computed:
        try:
            value = np.asarray(evaluate(column.expression, names, context))
        except (TypeError, ValueError):
            source = column.expression.source
            raise UsageError("expression_types", "SG703", column=column.id, expression=source) from None
        if value.dtype.kind in "US":
            value = value.astype(object)
        if value.dtype.kind == "b":
            value = value.astype(np.float64)
        names[column.id] = columns[column.id] = np.broadcast_to(value, (n,)) if value.ndim == 0 else value
    kept = {"customer_id", *(i.id for i in scheme.inputs)}
    return Graded(without_results(pd.DataFrame(columns), kept), settings)


def empty_inputs(scheme: Scheme, n: int) -> pd.DataFrame:
    """The inputs of ``n`` customers before anybody wrote in them: no words, no dates, nothing known (0)."""
    import numpy as np
    import pandas as pd

    nothing = {"date": np.nan, "number": 0.0}
    return pd.DataFrame(
        {
            i.id: np.full(n, nothing[i.type]) if i.type in nothing else np.full(n, "", dtype=object)
            for i in scheme.inputs
        }
    )
