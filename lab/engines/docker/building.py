"""Building one image through the daemon's classic builder: its context, a hash of all of it, its progress."""

from __future__ import annotations

import hashlib
import io
import re
import tarfile
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO

import docker
from docker.utils.build import exclude_paths
from rich.text import Text

from lab.compose.file import Build
from lab.engines.base import Say
from lab.engines.docker.listening import Event, Silence, Stopped, heard
from lab.errors import InstallError

TAIL_LINES = 60
SILENCE_S = 1200.0
SAY_EVERY_S = 10.0
_STEP = re.compile(r"Step (\d+)/(\d+) : (.*)")
_RETURNED = re.compile(r"returned a non-zero code: (\d+)")
_COMPLAINT = re.compile(r"\b(?:error|ERR!|E404|cannot|failed|not found)\b", re.IGNORECASE)
CA_BUNDLE = "lab-ca-bundle.crt"
PACKAGE_FOLDER = "package"
PLACEHOLDER = f"{PACKAGE_FOLDER}/.keep"
ALWAYS_LEFT_OUT = (
    ".git", ".venv", ".cache", "reports", "**/node_modules", "**/__pycache__", "**/*.pyc",
    "**/.mypy_cache", "**/.ruff_cache", "**/.pytest_cache", "**/.env", "**/compose.yaml",
    PACKAGE_FOLDER, CA_BUNDLE,
)  # fmt: skip
_IN_MEMORY = 32_000_000
_STAGE = re.compile(rb"(?im)^([ \t]*FROM[ \t].*[^\\\s])[ \t]*\r?$")


@dataclass(frozen=True, slots=True)
class Context:
    """Files by their name in the context; `additions` are the lab's own and come on top."""

    dockerfile: str
    files: Mapping[str, Path]
    additions: Mapping[str, bytes]

    def digest(self, *more: str) -> str:
        """SHA-256 of all names, modes and contents, and of `more`, as 64 hexadecimal digits."""
        sha = hashlib.sha256()
        for text in (self.dockerfile, *more):
            sha.update(f"{len(text)}:{text}".encode())
        for name, mode, content in self._entries():
            sha.update(f"{len(name)}:{name} {mode} {hashlib.sha256(content).hexdigest()}".encode())
        return sha.hexdigest()

    def tar(self) -> IO[bytes]:
        """The context as an uncompressed tar archive, the same bytes for the same files."""
        spool = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the caller closes it
        with tarfile.open(fileobj=spool, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for name, mode, content in self._entries():
                info = tarfile.TarInfo(name)
                info.size, info.mode = len(content), mode
                archive.addfile(info, io.BytesIO(content))
        spool.seek(0)
        return spool

    def _entries(self) -> Iterator[tuple[str, int, bytes]]:
        """Name, mode and content of each file, by name."""
        for name in sorted({*self.files, *self.additions}):
            if name in self.additions:
                yield name, 0o644, self.additions[name]
            else:
                executable = self.files[name].stat().st_mode & 0o100
                yield name, 0o755 if executable else 0o644, self.files[name].read_bytes()


def collect(build: Build, ca_bundle: Path | None, package: Path | None, label: str) -> Context:
    """The context of a build, without what its ignore file names (`<Dockerfile>.dockerignore` goes first).

    The lab adds `lab-ca-bundle.crt` (empty if no bundle is given) and the folder `package/`, which
    holds the local package file, if there is one; and `label` to every stage of the Dockerfile, so that
    what a build leaves behind can be found. InstallError if the Dockerfile or a file is missing.
    """
    dockerfile = build.context / build.dockerfile
    if not dockerfile.is_file():
        raise InstallError(
            f"there is no {dockerfile}",
            next_step="correct build.context or build.dockerfile in the compose file",
        )
    additions = {
        PLACEHOLDER: b"",
        CA_BUNDLE: _read(ca_bundle) if ca_bundle else b"",
        build.dockerfile: _STAGE.sub(rb"\1\nLABEL " + label.encode() + rb"\n", _read(dockerfile)),
    }
    if package is not None:
        additions[f"{PACKAGE_FOLDER}/{package.name}"] = _read(package)
    patterns = [*_ignored(build), *ALWAYS_LEFT_OUT, f"!{build.dockerfile}"]
    found = exclude_paths(str(build.context), patterns, build.dockerfile)
    files = {
        name: build.context / name
        for name in found
        if (build.context / name).is_file() and not name.endswith(".dockerignore")
    }
    return Context(build.dockerfile, files, additions)


def _ignored(build: Build) -> list[str]:
    for name in (f"{build.dockerfile}.dockerignore", ".dockerignore"):
        path = build.context / name
        if path.is_file():
            lines = (line.strip() for line in path.read_text("utf-8").splitlines())
            return [line for line in lines if line and not line.startswith("#")]
    return []


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        raise InstallError(
            f"{path} cannot be read: {exc.strerror}", next_step="correct the path (LAB_CA_BUNDLE, *_PACKAGE)"
        ) from exc


@dataclass(frozen=True, slots=True)
class Job:
    """One image to build: for which system, from which recipe, under which tag, with what arguments."""

    system: str
    build: Build
    tag: str
    args: Mapping[str, str]


def build_image(
    client: docker.DockerClient, job: Job, context: IO[bytes], say: Say, stop: threading.Event
) -> None:
    """Build and tag an image; raises InstallError with the step that failed and the log's tail."""
    say(f"{job.system}: building its image (the first time takes a few minutes)")
    begin = time.monotonic()
    progress = _Progress(job.system, say)

    def stream() -> Iterator[Event]:
        return client.api.build(
            fileobj=context, custom_context=True, dockerfile=job.build.dockerfile,
            target=job.build.target, tag=job.tag, buildargs=dict(job.args),
            rm=True, forcerm=True, decode=True,
        )  # fmt: skip

    try:
        for event in heard(stream, stop, first_s=SILENCE_S, next_s=SILENCE_S):
            if "error" in event:
                raise InstallError(
                    f"{job.system}: its image cannot be built, {progress.step or 'before the first step'}: "
                    f"{progress.complaint() or _exit_code(str(event['error']))}",
                    next_step="read the end of the build's log; `lab doctor` examines the registries",
                    log_tail=progress.log(),
                )
            progress.hear(str(event.get("stream", "")))
    except (Silence, Stopped) as exc:
        raise InstallError(
            f"{job.system}: building its image was stopped, {progress.step}{f': {exc}' if str(exc) else ''}",
            log_tail=progress.log(),
        ) from exc
    say(f"{job.system}: image built in {time.monotonic() - begin:.0f} s")


def _exit_code(error: str) -> str:
    """The builder's error without the command it quotes, which the log has anyway."""
    found = _RETURNED.search(error)
    return f"the command returned {found[1]}" if found else error.strip()


class _Progress:
    """Keeps the log's tail, says each step, and in long steps the latest line now and then."""

    def __init__(self, system: str, say: Say) -> None:
        self._system = system
        self._say = say
        self._tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._said_at = time.monotonic()
        self.step = ""

    def hear(self, text: str) -> None:
        """Take in what the builder said."""
        plain = Text.from_ansi(text).plain
        for line in filter(None, (part.strip() for part in plain.splitlines())):
            self._tail.append(line)
            if step := _STEP.match(line):
                self.step = f"at step {step[1]} of {step[2]}"
                self._tell(f"{self._system}: build step {step[1]}/{step[2]}: {step[3][:80]}")
            elif time.monotonic() - self._said_at > SAY_EVERY_S:
                self._tell(f"{self._system}: {line[:100]}")

    def _tell(self, text: str) -> None:
        self._say(text)
        self._said_at = time.monotonic()

    def complaint(self) -> str:
        """The first line of the last step that speaks of an error, as package managers write them."""
        last_step = max((n for n, line in enumerate(self._tail) if _STEP.match(line)), default=-1)
        complaints = filter(_COMPLAINT.search, list(self._tail)[last_step + 1 :])
        return next(complaints, "")[:200]

    def log(self) -> str:
        """The last lines of the build's log."""
        return "\n".join(self._tail)
