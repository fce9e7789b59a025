"""Image names are taken apart as Docker reads them."""

from __future__ import annotations

import pytest

from lab.engines.docker.pulling import registry_of


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
