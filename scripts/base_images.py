"""`make base-images`: one base image from Debian packages, for sites that reach no image registry.

It holds Debian trixie with Python and Node, enough to build and run every gateway, and is labelled with
the day it was made and the versions in it. mmdebstrap resolves Debian's node packages, which the plain
debootstrap leaves broken.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import docker

from lab.engines.docker.daemon import connect, talking
from lab.engines.docker.images import LOCAL_BASE, image_id
from lab.errors import InstallError, LabError

SUITE = "trixie"
PACKAGES = ("ca-certificates", "python3", "python3-venv", "nodejs", "npm")
DPKG_STATUS = "./var/lib/dpkg/status"
LABEL = "llm-gateway-lab.base"
NEEDED_BYTES = 2_000_000_000
CHUNK = 1_000_000


def make_base_image(
    client: docker.DockerClient,
    *,
    name: str = LOCAL_BASE,
    packages: Sequence[str] = PACKAGES,
    mirror: str | None = None,
    force: bool = False,
    say: Callable[[str], None] = print,
) -> str:
    """Bootstrap and import the base image unless it is there; returns its id, raises InstallError."""
    present = image_id(client, name)
    if present and not force:
        say(f"{name} is already there ({present}); --force makes it again")
        return present
    with tempfile.TemporaryDirectory(prefix="llm-gateway-lab-base-") as folder:
        archive = Path(folder) / "base.tar"
        say(f"bootstrapping Debian {SUITE} with {', '.join(packages)}; this takes a minute or two")
        _bootstrap(archive, packages, mirror)
        versions = installed_versions(archive, packages)
        labels = {LABEL: f"{datetime.now(UTC):%Y-%m-%d}"} | {
            f"{LABEL}.{package}": version for package, version in versions.items()
        }
        repository, _, tag = name.rpartition(":")
        with talking(f"importing {name}", InstallError), archive.open("rb") as stream:
            # An iterator, because the SDK announces chunks and sends a file object as one piece.
            chunks = iter(lambda: stream.read(CHUNK), b"")
            client.api.import_image_from_stream(
                chunks, repository=repository, tag=tag, changes=[f"LABEL {k}={v}" for k, v in labels.items()]
            )
    made = image_id(client, name)
    if made is None:
        raise InstallError(f"{name} was imported, but is not there", next_step="see the Docker daemon's log")
    say(f"{name} is ready ({made}): {', '.join(f'{p} {v}' for p, v in versions.items())}")
    return made


def _bootstrap(archive: Path, packages: Iterable[str], mirror: str | None) -> None:
    program = shutil.which("mmdebstrap")
    if program is None:
        raise InstallError(
            "mmdebstrap is not installed",
            next_step="apt-get install mmdebstrap, then `make base-images` again",
        )
    free = shutil.disk_usage(archive.parent).free
    if free < NEEDED_BYTES:
        raise InstallError(
            f"only {free / 1e9:.1f} GB are free in {archive.parent}, {NEEDED_BYTES / 1e9:.0f} are needed",
            next_step="free disk space, or name another folder in TMPDIR",
        )
    words = [program, "--quiet", "--variant=apt", f"--include={','.join(packages)}", SUITE, str(archive)]
    done = subprocess.run(
        [*words, *([mirror] if mirror else [])], stderr=subprocess.PIPE, text=True, check=False
    )
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()[-20:]
        raise InstallError(
            f"mmdebstrap failed: {lines[-1] if lines else f'exit code {done.returncode}'}",
            next_step="check that a Debian mirror is reachable (--mirror names one) and that the package "
            "debian-archive-keyring is installed",
            log_tail="\n".join(lines),
        )


def installed_versions(archive: Path, packages: Iterable[str]) -> dict[str, str]:
    """The versions of packages in a bootstrapped archive, as its own package database states them."""
    with tarfile.open(archive) as tar:
        stream = tar.extractfile(DPKG_STATUS)
        status = stream.read().decode("utf-8") if stream else ""
    found = {}
    for entry in status.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in entry.splitlines() if ": " in line and line[0] != " ")
        if fields.get("Package") in set(packages):
            found[fields["Package"]] = fields["Version"]
    if missing := set(packages) - found.keys():
        raise InstallError(f"not in the bootstrapped system: {', '.join(sorted(missing))}")
    return {package: found[package] for package in packages}


def main(arguments: Sequence[str] | None = None) -> int:
    """The command: 0 if the image is there in the end, 1 with a message if it is not."""
    parser = argparse.ArgumentParser(prog="make base-images", description=__doc__)
    parser.add_argument("--force", action="store_true", help="make it again even if it is already there")
    parser.add_argument("--mirror", help="Debian mirror to install from (default: Debian's own)")
    options = parser.parse_args(arguments)
    try:
        with closing(connect()) as client:
            make_base_image(client, mirror=options.mirror, force=options.force)
    except LabError as exc:
        print(f"error: {exc}", file=sys.stderr)
        if exc.log_tail:
            print(exc.log_tail, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
