"""Images of versions known to be compromised are refused; names are taken apart as Docker reads them."""

from __future__ import annotations

import pytest

from lab.compose.file import Package
from lab.engines.docker.images import _refuse_tag, registry_of
from lab.errors import InstallError


@pytest.mark.parametrize(
    ("image", "refused"),
    [
        ("vendor/web:1.82.7", True),
        ("vendor/web:main-v1.82.7-stable", True),
        ("localhost:5000/web:v1.82.7@sha256:abc", True),
        ("vendor/web:1.82.70", False),
        ("vendor/web:11.82.7", False),
        ("vendor/web:1.82.7.1", False),
        ("vendor/web1.82.7:latest", False),
        ("vendor/web", False),
    ],
)
def test_image_tags_with_a_refused_version(image: str, refused: bool) -> None:
    """A tag that holds a refused version is refused; one that merely resembles it is not."""
    package = Package(registry="pypi", name="web", version="1.0", refused={"1.82.7": "stolen"})
    if refused:
        with pytest.raises(InstallError, match="stolen"):
            _refuse_tag(package, image)
    else:
        _refuse_tag(package, image)


@pytest.mark.parametrize(
    ("name", "registry"),
    [
        ("python:3.13-slim", "docker.io"),
        ("python", "docker.io"),
        ("vendor/web:1", "docker.io"),
        ("ghcr.io/vendor/web", "ghcr.io"),
        ("localhost:5000/web:2", "localhost:5000"),
        ("localhost:5000/web", "localhost:5000"),
        ("vendor/web@sha256:abc", "docker.io"),
    ],
)
def test_an_image_names_its_registry(name: str, registry: str) -> None:
    """Docker's own is the one that nobody has to name."""
    assert registry_of(name) == registry
