"""Recipe `npm`: `npm ci` from a lock with integrity hashes, natives compiled, the package put on top.

Keys of `x-lab.host.install`: `package: add` says that the lock holds the package's dependencies only, and
the package itself is added to them; `manifest` is merged into its package.json before that; `rebuild` lists
modules with native code (install scripts of all others never run).
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lab.engines.host.job import Job
from lab.engines.packages import PackageChoice
from lab.errors import InstallError

MIN_NODE = 20
QUIET = ("--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier")
NODE_HINT = f"install Node.js {MIN_NODE} or newer with npm (Debian: apt install nodejs npm)"


def identity(job: Job) -> str:
    """What makes one Node's install different from another's; InstallError without a Node new enough."""
    version = _node(job, "process.version")
    major = re.match(r"v(\d+)\.", version)
    if major is None or int(major[1]) < MIN_NODE:
        raise InstallError(f"{job.system}: Node.js is too old: {version}", next_step=NODE_HINT)
    _program(job, "npm")
    return f"node {version} {(job.compose.folder / 'package.json').read_text('utf-8')}"


def install(job: Job) -> None:
    """Install the locked tree, compile its natives, and put the chosen package on top if asked to."""
    host = job.compose.lab.host
    recipe = host.install if host else {}
    rebuild = [str(name) for name in recipe.get("rebuild", [])]
    if rebuild:
        _require_compiler(job)
    npm = _program(job, "npm")
    package = job.package
    on_top = package is not None and (recipe.get("package") == "add" or not package.pinned)
    with TemporaryDirectory(prefix="lab-npm-") as temporary:
        if package is not None and on_top:  # first, because it is what may not be there
            archive = package.file or _downloaded(job, npm, package, Path(temporary))
            folder = _prepared(archive, Path(temporary) / "package", recipe.get("manifest", {}))
        _locked_tree(job, npm, rebuild)
        if package is not None and on_top:
            job.run(
                f"installing {package.name} {package.version} over the locked packages",
                [npm, "install", "--no-save", "--install-links", *QUIET, str(folder)],
            )
            if unlocked := unlocked_packages(job.prefix, job.lock, package.name):
                job.say(f"{job.system}: not in the lock, installed as found: {', '.join(unlocked)}")


def _locked_tree(job: Job, npm: str, rebuild: list[str]) -> None:
    shutil.copyfile(job.compose.folder / "package.json", job.prefix / "package.json")
    shutil.copyfile(job.lock, job.prefix / "package-lock.json")
    locked = len(json.loads(job.lock.read_text("utf-8"))["packages"]) - 1
    job.run(f"installing {locked} locked packages", [npm, "ci", *QUIET])
    if rebuild:
        job.run(
            f"compiling {len(rebuild)} native modules", [npm, "rebuild", *rebuild], env=_headers(job),
            next_step="install a compiler (Debian: apt install python3 make g++) and Node's headers",
        )  # fmt: skip


def _downloaded(job: Job, npm: str, package: PackageChoice, into: Path) -> Path:
    locked = job.compose.lab.package
    variable = (locked.variable if locked else None) or "a package variable"
    job.run(
        f"downloading {package.name} {package.version}",
        [npm, "pack", f"{package.name}@{package.version}", "--pack-destination", str(into)],
        next_step=f"the registry may not have it; {variable} takes a path to a local file instead",
    )
    return next(into.glob("*.tgz"))


def _prepared(archive: Path, folder: Path, changes: Mapping[str, Any]) -> Path:
    """Unpack what `npm pack` makes (all below one folder, whose name goes), and change its manifest."""
    folder.mkdir()
    with tarfile.open(archive) as tar:
        for member in tar.getmembers():
            member.name = member.name.partition("/")[2]
            if member.name:
                tar.extract(member, folder, filter="data")
    path = folder / "package.json"
    path.write_text(json.dumps(merged(json.loads(path.read_text("utf-8")), changes), indent=2), "utf-8")
    return folder


def merged(data: Any, changes: Any) -> Any:
    """`data` with `changes` merged into it: mappings are merged key by key, None removes a key."""
    if not isinstance(changes, Mapping):
        return changes
    out = dict(data) if isinstance(data, Mapping) else {}
    for key, value in changes.items():
        if value is None:
            out.pop(key, None)
        else:
            out[key] = merged(out.get(key), value)
    return out


def unlocked_packages(prefix: Path, lock: Path, package: str) -> tuple[str, ...]:
    """Names of what is in the tree and not, in that version, in the lock; the package itself aside."""
    locked = json.loads(lock.read_text("utf-8"))["packages"]
    there = json.loads((prefix / "node_modules" / ".package-lock.json").read_text("utf-8"))["packages"]
    own = f"node_modules/{package}"
    return tuple(
        f"{path.removeprefix('node_modules/')} {found.get('version', '')}".strip()
        for path, found in there.items()
        if path != own and locked.get(path, {}).get("version") != found.get("version")
    )


def installed_version(job: Job, package: str) -> str | None:
    """The version of a package in the tree; None if it is not there."""
    try:
        manifest = (job.prefix / "node_modules" / package / "package.json").read_text("utf-8")
        return str(json.loads(manifest)["version"])
    except (OSError, ValueError, KeyError):
        return None


def _headers(job: Job) -> dict[str, str]:
    """Point the compile at the headers that came with this Node, if they did; else npm fetches them."""
    root = Path(_node(job, "process.execPath")).parents[1]
    return {"npm_config_nodedir": str(root)} if (root / "include/node/node.h").is_file() else {}


def _node(job: Job, expression: str) -> str:
    done = subprocess.run(
        [_program(job, "node"), "-p", expression],
        env=job.environment(), capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    return done.stdout.strip()


def _program(job: Job, name: str) -> str:
    found = shutil.which(name, path=job.env.get("PATH"))
    if found is None:
        raise InstallError(f"{job.system}: {name} is not on the search path", next_step=NODE_HINT)
    return found


def _require_compiler(job: Job) -> None:
    path = job.env.get("PATH")
    missing = [n for n in ("python3", "make", "g++") if not shutil.which(n, path=path)]
    if missing:
        raise InstallError(
            f"{job.system}: some modules must be compiled, and this machine has no {', '.join(missing)}",
            next_step="install them (Debian: apt install python3 make g++), or use `--engine docker`",
        )
