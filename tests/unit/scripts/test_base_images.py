"""What a bootstrapped base image holds."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from lab.errors import InstallError
from scripts.base_images import installed_versions


def test_versions_are_read_from_a_bootstrapped_archive(tmp_path: Path) -> None:
    """The base image's labels come from the package database inside the archive."""
    status = (
        b"Package: python3\nStatus: install ok installed\nVersion: 3.13.5-1\nDescription: x\n more: y\n\n"
        b"Package: npm\nVersion: 9.2.0~ds1-3\n\nPackage: other\nVersion: 1\n"
    )
    archive = tmp_path / "base.tar"
    with tarfile.open(archive, "w") as tar:
        info = tarfile.TarInfo("./var/lib/dpkg/status")
        info.size = len(status)
        tar.addfile(info, io.BytesIO(status))
    assert installed_versions(archive, ("npm", "python3")) == {"npm": "9.2.0~ds1-3", "python3": "3.13.5-1"}
    with pytest.raises(InstallError, match="nodejs"):
        installed_versions(archive, ("npm", "nodejs"))
