"""Runs a command to its end and returns its wall time and peak memory."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finished:
    """How a process ended: exit code, wall time in s, peak resident memory in MB, and what it printed."""

    code: int
    wall_s: float
    peak_mb: float
    output: str = ""


def measured(command: Sequence[str]) -> Finished:
    """Run `command` with its output shown only if it fails."""
    begin = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    code = os.waitstatus_to_exitcode(status)
    process.returncode = code
    if code != 0:
        print(output.decode("utf-8", "replace"))
    text = output.decode("utf-8", "replace")
    return Finished(code, time.monotonic() - begin, usage.ru_maxrss / 1024, text)
