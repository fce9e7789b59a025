"""What goes into the build of an image: files, labels, certificates, a package, and one digest of all."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

from lab.compose.file import Build
from lab.engines.docker.building import CA_BUNDLE, Context, collect
from lab.errors import InstallError

LABEL = "llm-gateway-lab.image=web"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a Dockerfile of two stages and the clutter that real folders have."""
    for name in ("app.py", "README.md", "compose.yaml", "data/kept.txt", "data/left.txt", ".git/config",
                 ".venv/bin/python", "__pycache__/app.pyc", "package/old.whl", "reports/run/x"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "Dockerfile").write_text("ARG A=x\nFROM ${A} AS build\nRUN true\nfrom ${A}\nCOPY . /x\n")
    return tmp_path


def names(context: Context) -> list[str]:
    """The names of the files in a context."""
    with context.tar() as stream, tarfile.open(fileobj=io.BytesIO(stream.read())) as archive:
        return archive.getnames()


def content(context: Context, name: str) -> bytes:
    """What a file in a context holds."""
    with context.tar() as stream, tarfile.open(fileobj=io.BytesIO(stream.read())) as archive:
        file = archive.extractfile(name)
        assert file is not None
        return file.read()


def test_a_context_leaves_out_what_no_build_needs(folder: Path) -> None:
    """Version control, environments, caches, reports and an old package stay out; the lab's files come in."""
    assert names(collect(Build(context=folder), None, None, LABEL)) == [
        "Dockerfile", "README.md", "app.py", "data/kept.txt", "data/left.txt", CA_BUNDLE, "package/.keep",
    ]  # fmt: skip


def test_an_ignore_file_is_honoured(folder: Path) -> None:
    """The Dockerfile's own ignore file goes before the folder's, and may name what to keep."""
    (folder / ".dockerignore").write_text("data\n")
    assert "data/kept.txt" not in names(collect(Build(context=folder), None, None, LABEL))
    (folder / "Dockerfile.dockerignore").write_text("# all but this\n*\n!data/kept.txt\n")
    context = collect(Build(context=folder), None, None, LABEL)
    assert names(context) == ["Dockerfile", "data/kept.txt", CA_BUNDLE, "package/.keep"]


def test_every_stage_is_labelled(folder: Path) -> None:
    """The label follows each FROM, so that stages and failed builds can be found; nothing else changes."""
    dockerfile = content(collect(Build(context=folder), None, None, LABEL), "Dockerfile").decode()
    assert dockerfile == (
        f"ARG A=x\nFROM ${{A}} AS build\nLABEL {LABEL}\n\nRUN true\nfrom ${{A}}\nLABEL {LABEL}\n\nCOPY . /x\n"
    )


def test_bundle_and_package_are_in_the_context(folder: Path, tmp_path: Path) -> None:
    """The CA bundle and the local package lie where Dockerfiles expect them."""
    bundle, package = tmp_path / "site.crt", tmp_path / "web-2.tgz"
    bundle.write_bytes(b"certificate")
    package.write_bytes(b"\x1f\x8bpackage")
    context = collect(Build(context=folder), bundle, package, LABEL)
    assert content(context, CA_BUNDLE) == b"certificate"
    assert content(context, "package/web-2.tgz") == b"\x1f\x8bpackage"
    with pytest.raises(InstallError, match=r"absent\.crt cannot be read"):
        collect(Build(context=folder), tmp_path / "absent.crt", None, LABEL)


def test_the_digest_follows_contents_and_nothing_else(folder: Path) -> None:
    """Same files, same digest, whenever they were written; any content, mode, name or argument changes it."""

    def digest(*more: str) -> str:
        return collect(Build(context=folder), None, None, LABEL).digest(*more)

    first = digest("A=1")
    os.utime(folder / "app.py", (1, 1))
    assert digest("A=1") == first
    seen = {first, digest("A=2"), digest("A=1", "B=2"), digest("A=", "1")}
    (folder / "app.py").chmod(0o755)
    seen.add(digest("A=1"))
    (folder / "app.py").write_text("else")
    seen.add(digest("A=1"))
    (folder / "app.py").rename(folder / "app2.py")
    seen.add(digest("A=1"))
    assert len(seen) == 7
