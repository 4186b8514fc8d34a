"""sheetgen: customer tier management tables in Excel (客户级别管理表格).

The public verbs: ``build`` and ``load_scheme``. Nothing heavy is imported until one of them is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sheetgen.pipeline import BuildRequest, Built, build
    from sheetgen.scheme.library import load_scheme

__all__ = ["BuildRequest", "Built", "build", "load_scheme"]


def __getattr__(name: str) -> Any:
    if name in ("BuildRequest", "Built", "build"):
        from sheetgen import pipeline

        return getattr(pipeline, name)
    if name == "load_scheme":
        from sheetgen.scheme.library import load_scheme

        return load_scheme
    raise AttributeError(name)
