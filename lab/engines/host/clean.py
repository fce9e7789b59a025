"""Finds and ends what a killed lab left behind under the host engine: processes and folders of its runs."""

from __future__ import annotations

import os
import select
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from lab.engines.host.process import FOLDER_MARKER, INSTANCE_MARKER, RUN_MARKER
from lab.engines.owner import owner, owner_alive

CONTROLLER = "controller"
PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Orphan:
    """A process that carries the lab's marker; `folder` is its run's."""

    pid: int
    run: str
    instance: str
    folder: Path


def register(run_folder: Path) -> None:
    """Note which process controls this run, so that a clean-up leaves runs in progress alone."""
    run_folder.mkdir(parents=True, exist_ok=True)
    (run_folder / CONTROLLER).write_text(owner(), "utf-8")


def forget(run_folder: Path) -> None:
    """Remove a run's folder: state, logs and the note of its controller."""
    shutil.rmtree(run_folder, ignore_errors=True)


def in_progress(run_folder: Path) -> bool:
    """Whether the process that controls this run is alive."""
    try:
        return owner_alive((run_folder / CONTROLLER).read_text("utf-8"))
    except (OSError, ValueError):
        return False


def marked(run: str | None = None) -> Iterator[Orphan]:
    """The processes of this user that carry the marker of `run`, or of any run."""
    for folder in PROC.glob("[0-9]*"):
        try:
            if folder.stat().st_uid != os.getuid():
                continue
            pairs = (
                item.partition("=") for item in (folder / "environ").read_text("utf-8", "replace").split("\0")
            )
        except OSError:
            continue
        environment = {name: value for name, _, value in pairs}
        found = environment.get(RUN_MARKER)
        if found and int(folder.name) != os.getpid() and run in {None, found}:
            where = Path(environment.get(FOLDER_MARKER, ""))
            yield Orphan(int(folder.name), found, environment.get(INSTANCE_MARKER, ""), where)


def clean(run: str | None, cache_dir: Path, *, grace_s: float = 3.0) -> tuple[str, ...]:
    """End the processes and remove the folders of `run`, or of all runs whose controller is gone.

    Returns a line for everything removed. Only processes that carry the lab's marker and belong to a run
    of this cache are ended: SIGTERM, then SIGKILL after `grace_s` seconds.
    """
    runs = cache_dir.resolve() / "runs"

    def ours(folder: Path) -> bool:
        return folder.parent == runs and (run is not None or not in_progress(folder))

    orphans = [orphan for orphan in marked(run) if ours(orphan.folder)]
    folders = [f for f in sorted(runs.glob("*")) if ours(f) and run in {None, f.name}]
    _end(orphans, grace_s)
    for folder in folders:
        forget(folder)
    return (
        *(f"ended process {o.pid} ({o.instance} of run {o.run})" for o in orphans),
        *(f"removed the folder {folder}" for folder in folders),
    )


def _end(orphans: list[Orphan], grace_s: float) -> None:
    """Signal through process file descriptors, which never come to mean another process."""
    with ExitStack() as stack:
        handles: list[int] = []
        for orphan in orphans:
            try:
                handle = os.pidfd_open(orphan.pid)
            except OSError:
                continue
            stack.callback(os.close, handle)
            if orphan in set(marked(orphan.run)):  # the same process still, now that it is held
                handles.append(handle)
        for number, patience_s in ((signal.SIGTERM, grace_s), (signal.SIGKILL, 1.0)):
            for handle in handles:
                with suppress(ProcessLookupError):
                    signal.pidfd_send_signal(handle, number)
            handles = _left(handles, patience_s)


def _left(handles: list[int], patience_s: float) -> list[int]:
    """The processes that still run after `patience_s` seconds, or earlier if none does."""
    deadline = time.monotonic() + patience_s
    while handles and (remaining := deadline - time.monotonic()) > 0:
        ended, _, _ = select.select(handles, (), (), remaining)
        handles = [handle for handle in handles if handle not in ended]
    return handles
