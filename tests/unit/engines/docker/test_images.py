"""Images that state a version known to be compromised are refused."""

from __future__ import annotations

import pytest

from lab.compose.file import Package
from lab.engines.docker.images import _refuse_tag
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
