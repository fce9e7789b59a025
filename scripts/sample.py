"""Makes reports/sample anew: every suite through every gateway, once, with containers and scripted answers.

It replaces the sample only by a run in which every gateway was measured, which renders again to the same
bytes, and in which nothing tells of the machine that made it.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from lab.errors import LabError, RecordsError
from lab.records.bodystore import PACK, Pack
from lab.records.store import RunStore
from lab.report import render

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "reports" / "sample"
# Three repeats, below which noise cannot be told from effect: with all suites a clone carries 14 MB of them.
OPTIONS = ("--suite", "all", "--repeats", "3", "--engine", "docker", "--upstream", "scripted")
NOT_MEASURED = "model_server"  # answers from a model are not the same twice, and need the model
MAX_MB = 15
SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSWORD")


def main() -> int:
    """Run the lab, look at what came of it, and put it in the place of the sample."""
    command = [str(Path(sys.executable).with_name("lab")), "run", *OPTIONS, *sys.argv[1:]]
    done = subprocess.run(command, cwd=ROOT, check=False)
    if done.returncode:
        return done.returncode
    run = (SAMPLE.parent / "latest").resolve()
    try:
        _require_fit(run)
    except LabError as exc:
        print(f"error: {exc}", file=sys.stderr)
        return 1
    shutil.rmtree(SAMPLE, ignore_errors=True)
    shutil.copytree(run, SAMPLE)
    size, files = _git_size(SAMPLE)
    print(f"reports/sample is {run.name} now: {files} files, {size / 1e6:.1f} MB in git")
    return 0


def _require_fit(run: Path) -> None:
    """Raise RecordsError for a run that is no sample for others to read."""
    manifest = RunStore.open(run).manifest()
    missing = [
        f"{variant.name} ({variant.reason})"
        for variant in manifest.variants
        if variant.status != "ran" and variant.kind != NOT_MEASURED
    ]
    if missing:
        raise RecordsError(
            f"{run}: not all systems were measured: {'; '.join(missing)}",
            next_step="make them available (`lab doctor` says how), then run `make sample` again",
        )
    if not (run / PACK).is_file():
        raise RecordsError(f"{run}: {PACK} is not there", next_step="see what the run said of packing")
    size, _ = _git_size(run)
    if size > MAX_MB * 1e6:
        raise RecordsError(
            f"{run}: a clone would carry {size / 1e6:.0f} MB of it, more than the {MAX_MB} MB of a sample",
            next_step='take fewer repeats (ARGS="--repeats 1"), or see which files have grown',
        )
    private = _private()
    told = {name for name, data in _contents(run) for text in private if text in data}
    if told:
        raise RecordsError(
            f"{run}: these tell of this machine: {', '.join(sorted(told)[:5])}",
            next_step="see what wrote a path, a host name or a key there",
        )
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        shutil.copytree(run, copy)
        render(copy)
        if dict(_files(copy)) != dict(_files(run)):
            raise RecordsError(f"{run}: rendering again gives another report", next_step="find out why")


def _private() -> list[bytes]:
    """Texts that must not be in a sample: this machine's name and paths, and the values of its keys."""
    host, home = socket.gethostname(), str(Path.home())
    packages = (Path(value).parent for name, value in os.environ.items() if name.endswith("_PACKAGE"))
    paths = {str(ROOT), home, *(str(path) for path in packages if path.is_absolute())}
    secrets = {value for name, value in os.environ.items() if SECRET.search(name) and len(value) >= 8}
    # A short name or /root could stand anywhere, and in containers, and tells of nobody.
    return [text.encode() for text in {host, *paths, *secrets} if len(text) > 5]


def _contents(run: Path) -> Iterator[tuple[str, bytes]]:
    yield from _files(run)
    pack = Pack(run / PACK)
    for sha in pack.sizes:
        yield f"{PACK}/{sha}", pack.read(sha)


def _files(run: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(run.rglob("*")):
        if path.is_file():
            yield path.relative_to(run).as_posix(), path.read_bytes()


def _git_size(run: Path) -> tuple[int, int]:
    """How many bytes git keeps of a folder, which it compresses, and how many files it has."""
    sizes = [len(zlib.compress(data)) for _, data in _files(run)]
    return sum(sizes), len(sizes)


if __name__ == "__main__":
    sys.exit(main())
