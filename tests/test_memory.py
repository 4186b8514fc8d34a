"""Freed memory is kept: a block asked for again costs no new pages."""

from __future__ import annotations

import gc
import platform
import subprocess
import sys

import pyarrow as pa
import pytest

from sheetgen.memory import one_allocator, uncollected

SCRIPT = """
import resource, sys
if sys.argv[1] == "kept":
    from sheetgen.memory import keep_freed_memory
    keep_freed_memory()
import numpy as np
for _ in range(20):
    np.ones(1_000_000)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(50):
    np.ones(1_000_000)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another allocator than glibc's")
def test_a_block_asked_for_again_costs_no_new_pages() -> None:
    faults = {}
    for how in ("kept", "as it is"):
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, how],
            check=True,
            capture_output=True,
            text=True,
            env={"PATH": "/usr/bin", "GLIBC_TUNABLES": "", "NUMPY_MADVISE_HUGEPAGE": "0"},
        )
        faults[how] = int(done.stdout)
    assert faults["kept"] < 500
    assert faults["kept"] <= faults["as it is"]


def test_the_command_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    import sheetgen.cli

    called = []
    monkeypatch.setattr(sheetgen.cli, "keep_freed_memory", lambda: called.append(True))
    with pytest.raises(SystemExit):
        sheetgen.cli.main("--help")
    assert called == [True]


def test_no_cycles_are_searched_for_while_it_works() -> None:
    with pytest.raises(KeyError), uncollected():
        assert not gc.isenabled()
        raise KeyError
    assert gc.isenabled()


def test_arrays_come_from_the_allocator_of_all_else() -> None:
    pool = pa.default_memory_pool().backend_name
    with pytest.raises(KeyError), one_allocator():
        assert pa.default_memory_pool().backend_name == "system"
        raise KeyError
    assert pa.default_memory_pool().backend_name == pool
