"""Drives one headless LibreOffice for the tests. Runs alone, under a Python that has ``uno``.

``agent.py SOFFICE PROFILE_DIR`` says ``{"ok": {"pid": ...}}`` once LibreOffice is up. Then it reads one JSON
object a line, ``{"do": name, ...}`` (session.py has the commands), and answers ``{"ok": result}`` or
``{"error": text, "dead": bool}``. The end of stdin ends LibreOffice too. Rows and columns count from 0 here.
Cells go over the wire as number, text, true/false, null (empty) or ``{"error": text}``.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import uno  # type: ignore[import-not-found]
from session import Session  # type: ignore[import-not-found]

START_SECONDS = 90
PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>1</value></prop></item>
<item oor:path="/org.openoffice.Setup/L10N"><prop oor:name="ooSetupSystemLocale" oor:op="fuse"><value>en-US</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Misc"><prop oor:name="FirstRun" oor:op="fuse"><value>false</value></prop></item>
</oor:items>
"""  # noqa: E501


def write_profile(folder: Path) -> None:
    """Make a fresh user profile that never recalculates on load and speaks en-US."""
    (folder / "user").mkdir(parents=True, exist_ok=True)
    (folder / "user" / "registrymodifications.xcu").write_text(PROFILE, encoding="utf-8")


def start(soffice: str, profile: Path) -> tuple[subprocess.Popen[bytes], Any]:
    """Start LibreOffice on a pipe of its own; return the process and its desktop."""
    write_profile(profile)
    name = f"sheetgen{os.getpid()}"
    env = {
        k: v for k, v in os.environ.items() if k not in ("DISPLAY", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    }
    env.update(SAL_USE_VCLPLUGIN="svp", LC_ALL="C.UTF-8", LANG="C.UTF-8")
    command = [soffice, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore", "--nologo"]
    command += ["--nolockcheck", "--nodefault", "--nofirststartwizard", f"--accept=pipe,name={name};urp;"]
    with (profile / "soffice.log").open("ab") as log:
        # a session of its own: soffice is a script that forks, only its process group can be killed whole
        office = subprocess.Popen(
            command, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstance("com.sun.star.bridge.UnoUrlResolver")
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            context = resolver.resolve(f"uno:pipe,name={name};urp;StarOffice.ComponentContext")
            return office, context.ServiceManager.createInstanceWithContext(
                "com.sun.star.frame.Desktop", context
            )
        except Exception as error:
            if office.poll() not in (None, 0) or time.monotonic() > deadline:
                log_text = (profile / "soffice.log").read_text("utf-8", "replace")[-800:]
                raise RuntimeError(f"LibreOffice did not start: {error} {log_text}") from error
            time.sleep(0.1)


def kill(office: subprocess.Popen[bytes]) -> None:
    """End LibreOffice at once, with all processes it forked."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(office.pid, signal.SIGKILL)


def answer(session: Session, request: dict[str, Any]) -> dict[str, Any]:
    """Run one command."""
    name = request.pop("do")
    if name.startswith("_") or not hasattr(Session, name):
        return {"error": f"no command {name}", "dead": False}
    try:
        return {"ok": getattr(session, name)(**request)}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}", "dead": not session.ping()}


def main() -> None:
    """Serve until stdin ends or ``quit``."""
    soffice, profile = sys.argv[1], Path(sys.argv[2])
    lines: queue.Queue[str] = queue.Queue()
    office, desktop = start(soffice, profile)

    def say(reply: dict[str, Any]) -> None:
        sys.stdout.write(json.dumps(reply, ensure_ascii=False, separators=(",", ":")) + "\n")
        sys.stdout.flush()

    def listen() -> None:
        for line in sys.stdin:
            lines.put(line)
        kill(office)  # the tests are gone, maybe in the middle of a command
        os._exit(0)

    threading.Thread(target=listen, daemon=True).start()
    session = Session(desktop)
    say({"ok": {"pid": office.pid}})
    while True:
        request = json.loads(lines.get())
        say(answer(session, dict(request)))
        if request["do"] == "quit":
            try:
                office.wait(20)
            except subprocess.TimeoutExpired:
                kill(office)
            return


if __name__ == "__main__":
    main()
