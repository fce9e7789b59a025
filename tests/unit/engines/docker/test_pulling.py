"""Image names are taken apart as Docker reads them."""

from __future__ import annotations

import pytest

from lab.engines.docker.pulling import _split, registry_of


@pytest.mark.parametrize(
    ("name", "registry", "repository", "tag"),
    [
        ("python:3.13-slim", "docker.io", "python", "3.13-slim"),
        ("python", "docker.io", "python", "latest"),
        ("vendor/web:1", "docker.io", "vendor/web", "1"),
        ("ghcr.io/vendor/web", "ghcr.io", "ghcr.io/vendor/web", "latest"),
        ("localhost:5000/web:2", "localhost:5000", "localhost:5000/web", "2"),
        ("localhost:5000/web", "localhost:5000", "localhost:5000/web", "latest"),
        ("vendor/web@sha256:abc", "docker.io", "vendor/web@sha256:abc", None),
    ],
)
def test_image_names_are_taken_apart(name: str, registry: str, repository: str, tag: str | None) -> None:
    """Registry, repository and tag are told apart; no tag means `latest`, never all tags."""
    assert registry_of(name) == registry
    assert _split(name) == (repository, tag)
