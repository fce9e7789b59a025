"""Which package is installed: the pinned one, another version, or a local file, and what is refused."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from pathlib import Path

import pytest

from lab.compose.file import Package
from lab.engines.packages import choose_package, read_archive, refuse
from lab.errors import InstallError

LITELLM = Package(
    registry="pypi",
    name="litellm",
    version="1.109.1",
    variable="LITELLM_PACKAGE",
    refused={"1.82.7": "it stole credentials"},
)


def wheel(folder: Path, name: str, version: str) -> Path:
    """A wheel with nothing but its metadata."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}-{version}.dist-info/METADATA", f"Name: {name}\nVersion: {version}\n")
    return path


def npm_tarball(folder: Path, name: str, version: str) -> Path:
    """What `npm pack` writes, with nothing but package.json."""
    path = folder / f"{name.replace('/', '-').strip('@')}-{version}.tgz"
    content = json.dumps({"name": name, "version": version}).encode()
    with tarfile.open(path, "w:gz") as archive:
        info = tarfile.TarInfo("package/package.json")
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    return path


def test_without_a_variable_the_pinned_version_is_installed_from_the_lock() -> None:
    """An unset or empty variable means the pinned, locked package."""
    for env in ({}, {"LITELLM_PACKAGE": " "}):
        choice = choose_package(LITELLM, env)
        assert (choice.version, choice.pinned, choice.spec, choice.label) == ("1.109.1", True, "", "1.109.1")


def test_another_version_is_marked_as_not_locked() -> None:
    """The report must not show a replaced package as a locked one."""
    choice = choose_package(LITELLM, {"LITELLM_PACKAGE": "1.108.9"})
    assert choice.spec == "1.108.9"
    assert choice.label == "1.108.9 (from LITELLM_PACKAGE, not locked)"


def test_the_pinned_version_named_explicitly_is_still_the_locked_one() -> None:
    """Naming the version that is pinned changes nothing."""
    assert choose_package(LITELLM, {"LITELLM_PACKAGE": "1.109.1"}).pinned


def test_a_local_wheel_is_known_by_its_content(tmp_path: Path) -> None:
    """Two builds of one version are different packages."""
    path = wheel(tmp_path, "litellm", "1.110.0.dev1")
    first = choose_package(LITELLM, {"LITELLM_PACKAGE": str(path)})
    before = first.fingerprint
    assert (first.version, first.spec, first.file) == ("1.110.0.dev1", path.name, path)
    assert "sha256" in first.label
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("litellm/__init__.py", "changed = True")
    assert choose_package(LITELLM, {"LITELLM_PACKAGE": str(path)}).fingerprint != before


def test_an_npm_tarball_states_its_name_and_version(tmp_path: Path) -> None:
    """Scoped names are read from package.json, not from the file's name."""
    path = npm_tarball(tmp_path, "@portkey-ai/gateway", "1.15.2")
    assert read_archive(path) == ("@portkey-ai/gateway", "1.15.2")


@pytest.mark.parametrize("how", ["version", "file"])
def test_a_compromised_release_is_refused_with_the_reason(tmp_path: Path, how: str) -> None:
    """Neither naming the version nor handing in its wheel gets around the refusal."""
    value = "1.82.7" if how == "version" else str(wheel(tmp_path, "litellm", "1.82.7"))
    with pytest.raises(InstallError, match=r"litellm 1\.82\.7 is refused: it stole credentials"):
        choose_package(LITELLM, {"LITELLM_PACKAGE": value})


def test_a_release_that_is_not_listed_is_not_refused() -> None:
    """The neighbours of a refused release may be used."""
    refuse(LITELLM, "1.82.70")


def test_a_package_file_of_something_else_is_refused(tmp_path: Path) -> None:
    """A mix-up of variables is named."""
    path = npm_tarball(tmp_path, "lynkr", "9.14.1")
    with pytest.raises(InstallError, match="holds the package lynkr, not litellm"):
        choose_package(LITELLM, {"LITELLM_PACKAGE": str(path)})


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("./nowhere.whl", "there is no such file"),
        ("latest", "neither an exact version nor a package file"),
        (">=1.0", "neither an exact version nor a package file"),
    ],
)
def test_a_value_that_names_nothing_is_an_error_that_names_the_variable(value: str, message: str) -> None:
    """The message names the variable and its value, the next step what would be right."""
    with pytest.raises(InstallError, match=message) as caught:
        choose_package(LITELLM, {"LITELLM_PACKAGE": value})
    assert f"LITELLM_PACKAGE={value}" in caught.value.message
    assert caught.value.next_step


def test_a_file_that_is_no_package_is_an_error(tmp_path: Path) -> None:
    """A truncated download is named as what it is."""
    path = tmp_path / "litellm-1.0.whl"
    path.write_bytes(b"PK\x03\x04 cut off")
    with pytest.raises(InstallError, match="not a package that can be installed"):
        choose_package(LITELLM, {"LITELLM_PACKAGE": str(path)})
