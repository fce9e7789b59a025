"""Installs packages for the host engine, once per content, into a cache folder that runs share."""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

from lab.compose.file import ComposeFile
from lab.engines.base import Say
from lab.engines.cache import file_lock
from lab.engines.ending import Ending
from lab.engines.host import npm, venv
from lab.engines.host.job import Job, end_group
from lab.engines.packages import choose_package, refuse
from lab.errors import ConfigError, InstallError

DONE = "lab-installed.json"
RECIPE = 1  # part of every key: raise it when what this module or its recipes do changes


@dataclass(frozen=True, slots=True)
class Installed:
    """An install: its folder, its version as the report shows it, and what identifies its content."""

    prefix: Path
    label: str | None
    key: str


RECIPES: Mapping[
    str, tuple[Callable[[Job], str], Callable[[Job], None], Callable[[Job, str], str | None]]
] = {
    "venv": (venv.identity, venv.install, venv.installed_version),
    "npm": (npm.identity, npm.install, npm.installed_version),
}


class Installer:
    """Provides installs from a cache folder; safe to use from several threads and processes."""

    def __init__(self, cache: Path, env: Mapping[str, str], ca_bundle: Path | None, ending: Ending) -> None:
        self._cache = cache
        self._env = env
        self._ca_bundle = ca_bundle
        self._ending = ending
        self._running: set[subprocess.Popen[bytes]] = set()

    def stop(self) -> None:
        """At the end, stop installs that are under way; they raise InstallError."""
        for process in tuple(self._running):
            end_group(process)

    def provide(self, compose: ComposeFile, env: Mapping[str, str], say: Say) -> Installed:
        """The install a compose file asks for, made now unless it is there; InstallError or ConfigError."""
        host = compose.lab.host
        if host is None:
            raise ConfigError(
                f"{compose.path}: x-lab.host is missing: the host engine does not know how to start this",
                next_step="add x-lab.host, or use `--engine docker`",
            )
        self._refuse_image(compose, env)
        if host.kind not in RECIPES:
            return self._on_path(compose, host.command[0])
        package = choose_package(compose.lab.package, env) if compose.lab.package else None
        name = compose.folder.name
        log = self._cache / f"{name}.install.log"
        job = Job(
            compose, package, self._cache, log, self._env, self._ca_bundle, say, self._ending, self._running
        )
        identity, install, version_of = RECIPES[host.kind]
        key = _key(job, identity(job))
        job = replace(job, prefix=self._cache / f"{name}-{key}")
        waits = partial(say, f"{name}: waiting for another install of the same packages")
        lock = job.prefix.with_name(f"{job.prefix.name}.lock")
        with file_lock(lock, self._ending.event, f"{name}: the install was stopped", waits):
            if not (job.prefix / DONE).is_file():
                self._make(job, install)
        if package is None or compose.lab.package is None:
            return Installed(job.prefix, None, key)
        version = version_of(job, package.name)
        if version is None:
            raise InstallError(
                f"{name}: {package.name} is not in the install at {job.prefix}",
                next_step="`lab clean --cache` removes the installs; the next run makes them again",
            )
        refuse(compose.lab.package, version)
        return Installed(job.prefix, package.label, key)

    def _make(self, job: Job, install: Callable[[Job], None]) -> None:
        """Install in place; the file that says it is whole comes last, so that a torn install is redone."""
        shutil.rmtree(job.prefix, ignore_errors=True)
        job.prefix.mkdir(parents=True)
        begin = time.monotonic()
        what = f"{job.package.name} {job.package.label}" if job.package else "packages"
        job.say(f"{job.system}: installing {what} into the cache; the first time takes minutes")
        try:
            install(job)
        except BaseException:
            shutil.rmtree(job.prefix, ignore_errors=True)
            raise
        done = {"system": job.system, "package": asdict(job.package) if job.package else None}
        temporary = job.prefix / f"{DONE}.part"
        temporary.write_text(json.dumps(done, default=str), "utf-8")
        temporary.rename(job.prefix / DONE)
        job.say(f"{job.system}: installed in {time.monotonic() - begin:.0f} s")

    def _refuse_image(self, compose: ComposeFile, env: Mapping[str, str]) -> None:
        variable = compose.lab.package.image_variable if compose.lab.package else None
        if variable and env.get(variable, "").strip():
            raise InstallError(
                f"{variable}={env[variable]}: the host engine starts no images",
                next_step=f"use `--engine docker`, or unset {variable}",
            )

    def _on_path(self, compose: ComposeFile, program: str) -> Installed:
        """A program that is already there: on the search path, or the interpreter that runs the lab."""
        prefix = self._cache / compose.folder.name
        prefix.mkdir(parents=True, exist_ok=True)
        if program.startswith("${") or shutil.which(program, path=self._env.get("PATH")):
            return Installed(prefix, None, "path")
        hint = compose.lab.host.install.get("hint", "") if compose.lab.host else ""
        raise InstallError(
            f"{program} is not on the search path",
            next_step=str(hint) or f"install {program}, or use `--engine docker`",
        )


def _key(job: Job, identity: str) -> str:
    """16 hexadecimal digits that differ wherever the installed files may differ."""
    host = job.compose.lab.host
    sha = hashlib.sha256()
    parts = [
        str(RECIPE), sys.platform, platform.machine(), identity, job.lock.read_text("utf-8"),
        json.dumps(host.install if host else {}, sort_keys=True, default=str),
        job.package.fingerprint if job.package else "",
    ]  # fmt: skip
    for part in parts:
        sha.update(f"{len(part)}:{part}".encode())
    return sha.hexdigest()[:16]
