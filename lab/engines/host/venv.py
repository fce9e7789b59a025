"""Recipe `venv`: a virtual environment from a hash-locked requirements file, with bytecode made ahead."""

from __future__ import annotations

import re
import sys
from importlib.metadata import distributions
from pathlib import Path

from lab.engines.host.job import Job

PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input")


def identity(job: Job) -> str:  # noqa: ARG001 - every recipe has the same shape
    """What makes one interpreter's install different from another's."""
    return f"python {sys.version} {Path(sys.executable).resolve()}"


def install(job: Job) -> None:
    """Make the environment: locked packages, then the replacement, if any, then bytecode."""
    python = str(job.prefix / "bin" / "python")
    job.run(
        "making a virtual environment", [sys.executable, "-m", "venv", str(job.prefix)],
        next_step="install the venv module of this Python (Debian: apt install python3-venv)",
    )  # fmt: skip
    locked = len(re.findall(r"^[A-Za-z0-9._-]+==", job.lock.read_text("utf-8"), re.MULTILINE))
    add = [python, *PIP, "install", "--no-deps", "--no-compile"]
    job.run(f"installing {locked} locked packages", [*add, "--require-hashes", "-r", str(job.lock)])
    package = job.package
    if package is not None and not package.pinned:
        spec = str(package.file) if package.file else f"{package.name}=={package.version}"
        job.run(f"installing {spec}", [*add, spec])
    job.run("compiling to bytecode", [python, "-m", "compileall", "-q", "-j", "0", "lib"])


def installed_version(job: Job, package: str) -> str | None:
    """The version of a package that is in the environment; None if it is not there."""
    for site in job.prefix.glob("lib/python*/site-packages"):
        for found in distributions(name=package, path=[str(site)]):
            return found.version
    return None
