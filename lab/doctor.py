"""`lab doctor`: what works on this machine, and what to do about what does not."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.markup import escape

from lab.compose.file import load_compose
from lab.engines import ca_bundle_of
from lab.engines.docker.daemon import connect
from lab.engines.docker.images import base_image
from lab.errors import EngineError, LabError
from lab.loading.configs import load_lab, load_suites, load_systems
from lab.progress import printable
from lab.run.looking import look
from lab.run.options import RunOptions, plan_of

State = Literal["ok", "warn", "fail"]
SYMBOLS: dict[State, str] = {"ok": "[green]ok  [/]", "warn": "[yellow]warn[/]", "fail": "[red]FAIL[/]"}
MIN_NODE = 20
NEEDED_GB = 6.0
REGISTRY_TIMEOUT_S = 30
OF_DOCKER = ("docker", "base images")  # the host engine does without


# The state, what was seen, and the next step if it is not well.
Seen = tuple[State, str] | tuple[State, str, str]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing that was examined, how it is, and the next step if it is not well."""

    what: str
    state: State
    detail: str
    next_step: str = ""


def examine(root: Path) -> list[Diagnosis]:
    """Examine everything a run may need, in a few seconds; only a missing base image is pulled."""
    checks: dict[str, Callable[[Path], Seen]] = {
        "python": _python,
        "configs": _configs,
        "docker": _docker,
        "base images": _base_images,
        "node and npm": _node,
        "PyPI": lambda _: _registry(
            sys.executable,
            "-m",
            "pip",
            "index",
            "versions",
            "tenacity",
            advice="check proxies and LAB_CA_BUNDLE; what is already installed still runs",
        ),
        "npm registry": lambda _: _registry(
            "npm", "view", "@portkey-ai/gateway", "version", advice="check npm's registry and CA settings"
        ),
        "lynkr": _lynkr,
        "ollama": _ollama,
        "ports": _ports,
        "disk": _disk,
        "CA bundle": _ca_bundle,
    }

    def diagnosis(what: str) -> Diagnosis:
        try:
            return Diagnosis(what, *checks[what](root))
        except LabError as exc:
            state: State = "warn" if what in OF_DOCKER else "fail"
            return Diagnosis(what, state, exc.message, exc.next_step)

    with ThreadPoolExecutor(max_workers=len(checks)) as pool:
        findings = list(pool.map(diagnosis, checks))
    return [*findings, Diagnosis("verdict", *_verdict({one.what: one.state for one in findings}))]


def show(findings: list[Diagnosis], console: Console) -> int:
    """Print the findings; returns 0 if a run is possible, else 1."""
    for finding in findings:
        detail = escape(printable(finding.detail.replace("\n", f"\n{'':<20}")))
        console.print(
            f"{SYMBOLS[finding.state]} {finding.what:<14} {detail}", highlight=False, soft_wrap=True
        )
        if finding.next_step and finding.state != "ok":
            console.print(
                f"     {'':<14} [bold]next:[/] {escape(finding.next_step)}", highlight=False, soft_wrap=True
            )
    return 1 if findings[-1].state == "fail" else 0


def _verdict(state: dict[str, State]) -> Seen:
    broken = [name for name in ("configs", "ports", "CA bundle") if state[name] == "fail"]
    if broken:
        return "fail", f"no run is possible: {', '.join(broken)}", "see above"
    if all(state[name] == "ok" for name in OF_DOCKER):
        return "ok", "`lab run` will use the docker engine"
    if state["node and npm"] == "ok" and state["PyPI"] == "ok":
        return "ok", "`lab run` will use the host engine (no egress control, no equal limits)"
    return "fail", "neither engine is ready", "repair docker or node and npm, see the lines above"


def _python(_: Path) -> Seen:
    return "ok", f"Python {'.'.join(map(str, sys.version_info[:3]))}"


def _configs(root: Path) -> Seen:
    lab = load_lab(root)
    systems = load_systems(root)
    suites = load_suites(root, lab.suites)
    for system in systems.values():
        if system.compose:
            load_compose(root / system.compose, os.environ)
    scenarios = sum(len(suite.scenarios) for suite in suites)
    return "ok", f"{len(systems)} systems, {scenarios} scenarios in {len(suites)} suites"


def _docker(_: Path) -> Seen:
    with closing(connect()) as client:
        return "ok", f"daemon {client.version()['Version']} answers"


def _base_images(_: Path) -> Seen:
    with closing(connect()) as client:
        found = [base_image(client, kind) for kind in ("python", "node")]
    return "ok", ", ".join(dict.fromkeys(found))


def _ask(*words: str, timeout: float = REGISTRY_TIMEOUT_S) -> tuple[bool, str]:
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=timeout, check=False)
    except (OSError, subprocess.SubprocessError) as exc:
        return False, str(exc)
    lines = (done.stdout if done.returncode == 0 else done.stderr).strip().splitlines() or [""]
    return done.returncode == 0, lines[0] if done.returncode == 0 else lines[-1]


def _node(_: Path) -> Seen:
    advice = "install Node 20 or newer with npm (only the host engine needs them)"
    good, version = _ask("node", "--version", timeout=10)
    if not good:
        return "warn", "node is not on PATH", advice
    major = version.lstrip("v").split(".")[0]
    if not major.isdigit() or int(major) < MIN_NODE:
        return "warn", f"node {version} is too old or unknown", advice
    good, npm = _ask("npm", "--version", timeout=20)
    return ("ok", f"node {version}, npm {npm}") if good else ("warn", "npm is not on PATH", advice)


def _registry(*words: str, advice: str) -> Seen:
    """Whether a package registry answers to this command."""
    good, said = _ask(*words)
    return ("ok", "packages can be installed") if good else ("warn", said, advice)


def _lynkr(_: Path) -> Seen:
    package = os.environ.get("LYNKR_PACKAGE", "")
    if package:
        if Path(package).is_file() or not package.endswith(".tgz"):
            return "ok", f"from LYNKR_PACKAGE={package}"
        return "warn", f"LYNKR_PACKAGE={package} is not a file", "correct the path"
    good, said = _ask("npm", "view", "lynkr", "version")
    if good:
        return "ok", f"the npm registry has it ({said})"
    nowhere = "the npm registry reached here does not have it"
    return "warn", nowhere, "set LYNKR_PACKAGE to a local tarball"


def _ollama(root: Path) -> Seen:
    lab, systems = load_lab(root), load_systems(root)
    try:
        looked = look(plan_of(RunOptions(root), lab, systems, None))
    except EngineError as exc:
        return "warn", f"OLLAMA_URL is set: {exc.message}", exc.next_step
    detail = "\n".join(looked.sentences)
    if not looked.there and not looked.problems:
        return "warn", detail, "without it, answers are scripted and the row `ollama` is unavailable"
    if not looked.problems:
        return "ok", detail
    wrong = "\n".join(f"{problem.what}: {problem.why}" for problem in looked.problems)
    steps = dict.fromkeys(problem.next_step for problem in looked.problems)
    return "warn", f"{detail}\n{wrong}", "; ".join(steps)


def _ports(_: Path) -> Seen:
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
    except OSError as exc:
        return "fail", f"no port on 127.0.0.1 is free: {exc}", "free some ports"
    return "ok", f"the kernel gives ports on 127.0.0.1 (just now {port})"


def _disk(root: Path) -> Seen:
    free = shutil.disk_usage(root).free / 1e9
    state: State = "warn" if free < NEEDED_GB else "ok"
    return state, f"{free:.0f} GB free", f"images and packages need about {NEEDED_GB:.0f} GB"


def _ca_bundle(_: Path) -> Seen:
    path = ca_bundle_of(os.environ)
    return "ok", f"{path} goes into builds" if path else "none set; builds trust the base image's own"
