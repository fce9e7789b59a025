"""The build context of an image: its files, the lab's additions, and a hash of all of it."""

from __future__ import annotations

import hashlib
import io
import re
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO

from docker.utils.build import exclude_paths

from lab.compose.file import Build
from lab.errors import InstallError

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

    def _entries(self) -> list[tuple[str, int, bytes]]:
        names = sorted({*self.files, *self.additions})
        return [(name, self._mode(name), self._content(name)) for name in names]

    def _mode(self, name: str) -> int:
        executable = name not in self.additions and self.files[name].stat().st_mode & 0o100
        return 0o755 if executable else 0o644

    def _content(self, name: str) -> bytes:
        return self.additions[name] if name in self.additions else self.files[name].read_bytes()


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
