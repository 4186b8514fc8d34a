"""The reader process: reads foreign files where a crash or a flood of memory harms nobody else.

``python -m sheetgen.ingest.worker``: a request (job, limits, one buffer) on stdin, messages on stdout, the
last of them with ``done`` or ``error``; then the next request. It opens no file and no connection.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import IO, Any, Final

from sheetgen.ingest import wire
from sheetgen.ingest.wire import Answers, Refused


def _book(data: bytearray, request: dict[str, Any]) -> Answers:
    from sheetgen.ingest.sheets import workbook_cells

    return workbook_cells(data)


def _unlock(data: bytearray, request: dict[str, Any]) -> Answers:
    from sheetgen.ingest.unlock import decrypted

    yield {}, [decrypted(data, str(request["password"]))]


def _locked(data: bytearray, request: dict[str, Any]) -> Answers:
    from sheetgen.ingest.unlock import is_locked

    yield {"locked": is_locked(data)}, []


def _frame(data: bytearray, request: dict[str, Any]) -> Answers:
    from sheetgen.ingest.frames import frame_cells

    return frame_cells(data, str(request["kind"]))


JOBS: Final[dict[str, Callable[[bytearray, dict[str, Any]], Answers]]] = {
    "book": _book,
    "unlock": _unlock,
    "locked": _locked,
    "frame": _frame,
}


def limit(memory: int, seconds: int) -> None:
    """At most ``memory`` bytes of address space, ``seconds`` of CPU from now on; no core, no file written."""
    try:
        import resource
    except ImportError:  # Windows: the limit of time that the parent keeps still holds
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = int(used.ru_utime + used.ru_stime) + seconds + 1
    for kind, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        try:
            _, hard = resource.getrlimit(kind)
            resource.setrlimit(kind, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))
        except (ValueError, OSError):  # a system that knows the limit but will not set it, such as macOS
            continue


def serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answer until nobody asks."""
    while message := wire.receive(requests):
        request, buffers = message
        limit(request["memory"], request["seconds"])
        last: dict[str, Any]
        try:
            for head, parts in JOBS[request["job"]](buffers[0], request):
                wire.send(answers, head, parts)
            last = {"done": True}
        except Refused as refused:
            last = {"error": refused.error, "reason": refused.reason[:300]}
        except MemoryError:
            last = {"error": "memory"}
        except Exception as error:
            last = {"error": "damaged", "reason": str(error)[:300] or type(error).__name__}
        except BaseException as error:
            # a Rust panic is no Exception
            if type(error).__name__ != "PanicException":
                raise
            last = {"error": "damaged", "reason": "reader failed"}
        del buffers, message
        wire.send(answers, last)


if __name__ == "__main__":
    # whatever a library prints must not stand between the messages
    out, sys.stdout = sys.stdout.buffer, sys.stderr
    serve(sys.stdin.buffer, out)
