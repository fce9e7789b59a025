"""Which package of a system is installed: the pinned version, another version, or a local file."""

from __future__ import annotations

import email.parser
import hashlib
import json
import re
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from lab.compose.file import Package
from lab.errors import InstallError

_EXACT = re.compile(r"v?\d+(\.\d+)*([-.+]?[0-9A-Za-z]+)*")
_ARCHIVES = (".whl", ".tgz", ".tar.gz")
_METADATA_LIMIT = 4_000_000


@dataclass(frozen=True, slots=True)
class PackageChoice:
    """The package to install; `file` is set for a local one, `pinned` says that it is the locked default."""

    name: str
    version: str
    file: Path | None = None
    pinned: bool = True
    variable: str | None = None

    @property
    def spec(self) -> str:
        """Value of the build argument PACKAGE_SPEC: empty (locked), a version, or a file's name."""
        if self.pinned:
            return ""
        return self.file.name if self.file else self.version

    @property
    def fingerprint(self) -> str:
        """Text that differs wherever the installed files may differ."""
        if self.file is None:
            return f"{self.name}=={self.version}"
        return f"{self.name}@sha256:{hashlib.sha256(self.file.read_bytes()).hexdigest()}"

    @property
    def label(self) -> str:
        """The version as the report shows it, with the caveat of a replaced package."""
        if self.pinned:
            return self.version
        if self.file is not None:
            digest = hashlib.sha256(self.file.read_bytes()).hexdigest()[:12]
            return f"{self.version} (local file {self.file.name}, sha256 {digest}, from {self.variable})"
        return f"{self.version} (from {self.variable}, not locked)"


def choose_package(package: Package, env: Mapping[str, str]) -> PackageChoice:
    """The pinned package, or what its variable names; raises InstallError for a bad or refused choice."""
    wanted = _bare(package, env.get(package.variable, "").strip()) if package.variable else ""
    if not wanted:
        choice = PackageChoice(package.name, package.version)
    elif wanted.endswith(_ARCHIVES) or "/" in wanted:
        choice = _local_file(package, wanted)
    elif _EXACT.fullmatch(wanted):
        choice = PackageChoice(
            package.name, wanted, pinned=wanted == package.version, variable=package.variable
        )
    else:
        raise InstallError(
            f"{package.variable}={wanted}: neither an exact version nor a package file",
            next_step=f"give a version such as {package.version}, or a path ending in {', '.join(_ARCHIVES)}",
        )
    refuse(package, choice.version)
    return choice


def refuse(package: Package, version: str) -> None:
    """Raise InstallError if this version of the package must never run, with the reason."""
    refused = {_canonical(number): reason for number, reason in package.refused.items()}
    if why := refused.get(_canonical(version)):
        raise InstallError(
            f"{package.name} {version} is refused: {why}",
            next_step=f"use another version; the lab pins {package.version}",
        )


def _bare(package: Package, wanted: str) -> str:
    """What is wanted without the package's name and the sign that a package manager puts before it."""
    for prefix in (f"{package.name}==", f"{package.name}@", "=="):
        wanted = wanted.removeprefix(prefix)
    return wanted.strip()


def _canonical(version: str) -> str:
    """One spelling for all that mean the same version: `v1.2.0+site` is `1.2`."""
    public = version.lower().lstrip("v=").partition("+")[0]
    release = re.match(r"\d+(?:\.\d+)*", public)
    if release is None:
        return public
    numbers = ".".join(str(int(number)) for number in release.group().split("."))
    return re.sub(r"(\.0)+$", "", numbers) + public[release.end() :]


def _local_file(package: Package, wanted: str) -> PackageChoice:
    path = Path(wanted).expanduser().resolve()
    if not path.is_file():
        raise InstallError(
            f"{package.variable}={wanted}: there is no such file ({path})",
            next_step=f"correct the path, or unset {package.variable} for {package.name} {package.version}",
        )
    name, version = read_archive(path)
    if _normal(name) != _normal(package.name):
        raise InstallError(
            f"{package.variable}={wanted}: the file holds the package {name}, not {package.name}",
            next_step=f"name a package file of {package.name}",
        )
    return PackageChoice(name, version, file=path, pinned=False, variable=package.variable)


def read_archive(path: Path) -> tuple[str, str]:
    """Name and version that a wheel, an sdist or an npm tarball states; InstallError if it states none."""
    try:
        if path.suffix == ".whl":
            return _from_wheel(path)
        return _from_tar(path)
    except (OSError, KeyError, ValueError, tarfile.TarError, zipfile.BadZipFile) as exc:
        raise InstallError(
            f"{path}: not a package that can be installed ({exc or type(exc).__name__})",
            next_step="give a wheel (.whl), a source archive (.tar.gz) or the output of `npm pack` (.tgz)",
        ) from exc


def _from_wheel(path: Path) -> tuple[str, str]:
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if re.fullmatch(r"[^/]+\.dist-info/METADATA", name):
                with archive.open(name) as stream:
                    return _from_metadata(stream)
    raise ValueError("it has no METADATA")


def _from_tar(path: Path) -> tuple[str, str]:
    with tarfile.open(path) as archive:
        for member in archive:
            npm = re.fullmatch(r"[^/]+/package\.json", member.name)
            if npm or re.fullmatch(r"[^/]+/PKG-INFO", member.name):
                stream = archive.extractfile(member)
                if stream is not None and npm:
                    data = json.loads(stream.read(_METADATA_LIMIT))
                    return str(data["name"]), str(data["version"])
                if stream is not None:
                    return _from_metadata(stream)
    raise ValueError("it has neither package.json nor PKG-INFO")


def _from_metadata(stream: IO[bytes]) -> tuple[str, str]:
    headers = email.parser.BytesHeaderParser().parsebytes(stream.read(_METADATA_LIMIT))
    return str(headers["Name"]), str(headers["Version"])


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
