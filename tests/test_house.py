"""The rules of the house: who imports whom, how long a module may be, every word in both languages."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from sheetgen.i18n import messages

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "sheetgen"
MODULES = sorted(p for p in PACKAGE.rglob("*.py") if "__pycache__" not in p.parts)
HEAVY = (
    "pandas",
    "numpy",
    "duckdb",
    "narwhals",
    "pyarrow",
    "xlsxwriter",
    "openpyxl",
    "python_calamine",
    "pydantic",
    "ruamel",
    "jinja2",
    "ibis",
    "pyspark",
)


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def imports(path: Path, checked_only: bool = False) -> Iterator[str]:
    """Every module that ``path`` imports, anywhere; without those that only the type checker sees."""
    hidden: set[ast.AST] = set()
    if not checked_only:
        for node in ast.walk(tree_of(path)):
            if (
                isinstance(node, ast.If)
                and isinstance(node.test, ast.Name)
                and node.test.id == "TYPE_CHECKING"
            ):
                hidden |= set(ast.walk(node))
    for node in ast.walk(tree_of(path)):
        if node in hidden:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


RULES = {
    # who: what he may not import, though only the type checker would
    "sheetgen.model": [
        "sheetgen.scheme",
        "sheetgen.ingest",
        "sheetgen.grading",
        "sheetgen.workbook",
        "sheetgen.pipeline",
    ],
    "sheetgen.errors": ["sheetgen"],
    "sheetgen.i18n": ["sheetgen"],
    "sheetgen.scheme": ["sheetgen.ingest", "sheetgen.grading", "sheetgen.workbook", "sheetgen.pipeline"],
    "sheetgen.ingest": ["sheetgen.grading", "sheetgen.workbook", "sheetgen.pipeline"],
    "sheetgen.grading": ["sheetgen.ingest", "sheetgen.workbook", "sheetgen.pipeline"],
    "sheetgen.workbook": ["sheetgen.ingest", "sheetgen.pipeline"],
}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_go_one_way(path: Path) -> None:
    module = name_of(path)
    for found in imports(path, checked_only=True):
        assert not within(found, "sheetgen.cli"), "nobody imports cli"
        for who, refused in RULES.items():
            if within(module, who):
                bad = [r for r in refused if within(found, r) and not within(found, who)]
                assert not bad, f"{module} imports {found}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_each_library_has_its_room(path: Path) -> None:
    rooms = {
        "xlsxwriter": ["sheetgen.workbook.write", "sheetgen.workbook.charts", "sheetgen.workbook.features"],
        "openpyxl": ["sheetgen.workbook.rules_left", "sheetgen.ingest"],
        "python_calamine": ["sheetgen.workbook.opened", "sheetgen.workbook.calamined", "sheetgen.ingest"],
        "duckdb": ["sheetgen.grading.engines", "sheetgen.ingest"],
        "narwhals": ["sheetgen.grading.measure", "sheetgen.grading.engines"],
        "ibis": ["sheetgen.connect", "sheetgen.grading.engines", "sheetgen.ingest.database"],
        "pyspark": ["sheetgen.grading.spark"],
        "typer": [
            "sheetgen.cli",
            "sheetgen.console",
            "sheetgen.console_books",
            "sheetgen.console_schemes",
            "sheetgen.console_weekly",
            "sheetgen.options",
        ],
        "rich": ["sheetgen.console"],
        "jinja2": ["sheetgen.workbook.sheets.guide", "sheetgen.summary_page"],
        "pydantic": ["sheetgen.scheme", "sheetgen.config"],
    }
    for found in imports(path):
        library = found.split(".")[0]
        if library in rooms:
            assert any(within(name_of(path), room) for room in rooms[library]), (
                f"{name_of(path)} imports {library}"
            )


def test_no_module_imports_in_a_circle() -> None:
    """At import time, that is at the top of a module."""
    graph: dict[str, set[str]] = {}
    known = {name_of(p) for p in MODULES}
    for path in MODULES:
        top = [n for n in tree_of(path).body if isinstance(n, ast.Import | ast.ImportFrom)]
        names = {str(n.module) for n in top if isinstance(n, ast.ImportFrom)}
        graph[name_of(path)] = {n for n in names if n in known}
    done: set[str] = set()
    while waiting := {m for m in graph if m not in done}:
        ready = {m for m in waiting if graph[m] <= done}
        assert ready, f"in a circle: {sorted(waiting)}"
        done |= ready


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_modules_are_short(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 500


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_depends_on_the_day_or_on_chance(path: Path) -> None:
    text = path.read_text("utf-8")
    for node in ast.walk(tree_of(path)):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("now", "today", "utcnow"):
            pytest.fail(f"{name_of(path)}:{node.lineno} asks what day it is")
        # rows.py compiles the one f-string it has built from its own constants
        allowed = ("eval",) if name_of(path) == "sheetgen.workbook.rows" else ()
        if isinstance(node.func, ast.Name) and node.func.id in {"eval", "exec", "hash"} - set(allowed):
            pytest.fail(f"{name_of(path)}:{node.lineno} calls {node.func.id}")
    assert not re.search(r"\b(TODO|FIXME|XXX|HACK)\b", text)
    assert "shared/" not in text
    if path.name not in ("sample.py", "sample_orders.py", "sample_further.py"):
        assert "random" not in {i.split(".")[0] for i in imports(path)}


def test_every_module_and_public_function_says_what_it_is() -> None:
    for path in MODULES:
        tree = tree_of(path)
        if path.name == "__init__.py" and not tree.body:
            continue
        assert ast.get_docstring(tree), name_of(path)
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                assert ast.get_docstring(node), f"{name_of(path)}.{node.name}"


# words


KEYED = {
    "say": 0,
    "text": 0,
    "UsageError": 0,
    "InputError": 0,
    "ColumnsError": 0,
    "ReconcileError": 0,
    "OutputBusyError": 0,
    "DiskError": 0,
    "SheetgenError": 0,
}
GIVEN_BY_ALL = {"value", "column", "count"}
"""facts that Issue.message always gives"""


def calls() -> Iterator[tuple[str, ast.Call, str]]:
    """Module, call and key of each message asked for by a plain string."""
    for path in MODULES:
        for node in ast.walk(tree_of(path)):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = (
                node.func.id
                if isinstance(node.func, ast.Name)
                else node.func.attr
                if isinstance(node.func, ast.Attribute)
                else ""
            )
            first = node.args[0]
            if name in KEYED and isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield name_of(path), node, first.value


def places(words: str) -> set[str]:
    return set(re.findall(r"\{([a-z_]+)\}", words))


def test_every_message_is_said_in_both_languages_with_the_same_facts() -> None:
    assert len(messages()) > 200
    for key, label in messages().items():
        assert label.zh.strip() or key.startswith("why_") or label.zh == label.en == "", key
        assert label.en.strip() or label.zh == label.en == "", key
        assert places(label.zh) == places(label.en), key


def test_every_message_that_is_asked_for_is_there() -> None:
    found = list(calls())
    assert len(found) > 100
    missing = {
        (module, key)
        for module, node, key in found
        if key not in messages() and not isinstance(node.func, ast.Attribute)
    }
    missing |= {
        (m, k)
        for m, n, k in found
        if isinstance(n.func, ast.Attribute) and n.func.attr == "say" and k not in messages()
    }
    assert not missing


def test_every_fact_of_a_message_is_given() -> None:
    for module, node, key in calls():
        if key not in messages() or any(keyword.arg is None for keyword in node.keywords):
            continue
        given = {str(keyword.arg) for keyword in node.keywords}
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if (
            name.endswith("Error")
            or name == "text"
            or (isinstance(node.func, ast.Attribute) and node.func.attr == "say")
        ):
            wanted = places(messages()[key].zh) - given - (GIVEN_BY_ALL if key.startswith("SG") else set())
            later = bool(wanted) and ".replace(" in (
                PACKAGE.parent / Path(*module.split(".")).with_suffix(".py")
            ).read_text("utf-8")
            assert not wanted or later, f"{module}: {key} lacks {wanted}"


def test_no_fact_is_called_key_or_lang() -> None:
    """text(key, lang, **facts) could not take them."""
    assert not any({"key", "lang"} & places(label.zh) for label in messages().values())


def test_families_of_messages_are_complete() -> None:
    from sheetgen.grading.track import LEDGER_COLUMNS
    from sheetgen.model import FATES
    from sheetgen.scheme.schema import Aggregation
    from sheetgen.scheme.tables import data_tables
    from sheetgen.workbook.layout import LINKS

    families = {
        "fate": FATES,
        "weekday": range(1, 8),
        "agg": Aggregation.__args__,
        "flag": ("yes", "no"),
        "to": LINKS,
        "link": LINKS,
        "cause": ("data", "override"),
        "hint": (
            "customers",
            "scores",
            "tiers",
            "transactions",
            "preferences",
            "service",
            "changes",
            "parameters",
            "quality",
        ),
    }
    for family, members in families.items():
        for member in members:
            assert f"{family}_{member}" in messages()
    assert LEDGER_COLUMNS[0] == "week"
    for table in data_tables().values():
        assert table.label.zh
        assert all(f.label.zh and f.label.en for f in table.fields.values())


def test_no_message_goes_unsaid() -> None:
    """Each key stands in the code, or belongs to a family that is put together there."""
    code = "\n".join(
        p.read_text("utf-8")
        for p in [
            *MODULES,
            *PACKAGE.rglob("*.yml"),
            *PACKAGE.rglob("*.j2"),
            *(ROOT / "templates").rglob("*.yml"),
        ]
        if p.parent.name != "messages"
    )
    families = set(re.findall(r"f[\"']([a-z]+(?:_[a-z]+)*_)\{", code)) | {"SG", "flag_", "status_"}
    unsaid = [
        k
        for k in messages()
        if f'"{k}"' not in code and f"'{k}'" not in code and not k.startswith(tuple(families))
    ]
    assert unsaid == []


# the checkout


def test_layout_of_the_checkout() -> None:
    for name in (
        "README.md",
        "LICENSE",
        "pyproject.toml",
        "sheetgen",
        "templates",
        "sample_data",
        "tests",
        "docs",
        "benchmarks",
    ):
        assert (ROOT / name).exists(), name
    for folder in (ROOT / "templates").iterdir():
        assert (folder / "scheme.yml").is_file(), folder
    rooms = {p.name for p in PACKAGE.iterdir() if p.is_dir() and p.name != "__pycache__"}
    assert {"scheme", "ingest", "grading", "workbook", "messages"} <= rooms


def test_nothing_is_written_into_the_checkout_that_is_not_ours() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    files = listed.stdout.splitlines()
    assert files
    assert not [
        f
        for f in files
        if f.endswith((".pyc", ".xlsx~", ".tmp")) or Path(f).name.startswith("~$") or "__pycache__" in f
    ]
    assert not [f for f in files if (ROOT / f).is_file() and (ROOT / f).stat().st_size > 2_000_000]


def test_the_command_line_starts_light() -> None:
    code = "import sys, sheetgen.cli as c; print(callable(c.main), callable(c.app));"
    code += f"print(*[m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["True True", ""]


def test_importing_the_package_loads_nothing() -> None:
    code = "import sys, sheetgen; print(*sorted(m for m in sys.modules if m.startswith('sheetgen')))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["sheetgen"]
    assert set(
        subprocess.run(
            [sys.executable, "-c", "import sheetgen; print(*sheetgen.__all__)"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
    ) >= {"build", "load_scheme"}


def test_our_own_words_are_the_same_whichever_yaml_reader_is_there() -> None:
    from ruamel.yaml import YAML

    for path in sorted(PACKAGE.rglob("*.yml")):
        text = path.read_text("utf-8")
        assert YAML(typ="safe").load(text) == YAML(typ="safe", pure=True).load(text), path.name
