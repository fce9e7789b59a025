"""Recipe `venv`: a virtual environment from a hash-locked requirements file, with bytecode made ahead."""

from __future__ import annotations

import re
import sys
from importlib.metadata import distributions
from pathlib import Path

from lab.engines.host.job import Job
from lab.errors import InstallError

PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input")


def identity(job: Job) -> str:  # noqa: ARG001 - every recipe has the same shape
    """What makes one interpreter's install different from another's."""
    return f"python {sys.version} {Path(sys.executable).resolve()}"


def install(job: Job) -> None:
    """Make the environment: locked packages, then the replacement, if any, then bytecode."""
    python = str(job.prefix / "bin" / "python")
    job.commands.run(
        "making a virtual environment", [sys.executable, "-m", "venv", str(job.prefix)], cwd=job.prefix,
        next_step="install the venv module of this Python (Debian: apt install python3-venv)",
    )  # fmt: skip
    locked = _packages(job.lock)
    job.commands.run(
        f"installing {locked} locked packages",
        [python, *PIP, "install", "--no-deps", "--no-compile", "--require-hashes", "-r", str(job.lock)],
        cwd=job.prefix,
    )
    package = job.package
    if package is not None and not package.pinned:
        spec = str(package.file) if package.file else f"{package.name}=={package.version}"
        job.commands.run(
            f"installing {spec}", [python, *PIP, "install", "--no-deps", "--no-compile", spec], cwd=job.prefix
        )
    job.commands.run(
        "compiling to bytecode", [python, "-m", "compileall", "-q", "-j", "0", "lib"], cwd=job.prefix
    )


def installed_version(job: Job) -> str:
    """The version of the package that is in the environment; InstallError if it is not there."""
    assert job.package is not None  # noqa: S101 - asked for packages only
    for site in job.prefix.glob("lib/python*/site-packages"):
        for found in distributions(name=job.package.name, path=[str(site)]):
            return found.version
    raise InstallError(
        f"{job.system}: {job.package.name} is not in the install at {job.prefix}",
        next_step="`lab clean --cache` removes the installs; the next run makes them again",
    )


def _packages(lock: Path) -> int:
    return len(re.findall(r"^[A-Za-z0-9._-]+==", lock.read_text("utf-8"), re.MULTILINE))
