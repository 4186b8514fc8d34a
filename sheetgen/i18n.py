"""People's words, Chinese and English side by side. No code ever compares one of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

Lang = Literal["zh", "en"]
LANGS: tuple[Lang, ...] = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Label:
    """One word or sentence in both languages."""

    zh: str
    en: str

    def text(self, lang: Lang) -> str:
        """The label in ``lang``."""
        return self.zh if lang == "zh" else self.en


@cache
def messages() -> dict[str, Label]:
    """Every text of messages/*.yml by its key. Raises ValueError when a key stands twice."""
    from ruamel.yaml import YAML

    found: dict[str, Label] = {}
    for path in sorted((Path(__file__).parent / "messages").glob("*.yml")):
        for key, pair in YAML(typ="safe").load(path.read_text("utf-8")).items():
            if key in found:
                raise ValueError(f"message {key} stands twice, the second time in {path.name}")
            found[key] = Label(zh=pair["zh"], en=pair["en"])
    return found


def text(key: str, lang: Lang, **facts: object) -> str:
    """The text ``key`` with its ``{name}`` places filled from ``facts``. Raises KeyError when unknown."""
    template = messages()[key].text(lang)
    for name, value in facts.items():
        template = template.replace("{" + name + "}", str(value))
    return template
