"""`lab doctor`: what works on this machine, and what to do about what does not."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import httpx
from rich.console import Console
from rich.markup import escape

from lab.compose.file import load_compose
from lab.engines import ca_bundle_of
from lab.engines.docker.daemon import connect
from lab.engines.docker.images import base_image
from lab.errors import LabError
from lab.loading.configs import load_lab, load_suites, load_systems
from lab.progress import printable
from lab.run.upstream import ollama_url

State = Literal["ok", "warn", "fail"]
SYMBOLS: dict[State, str] = {"ok": "[green]ok  [/]", "warn": "[yellow]warn[/]", "fail": "[red]FAIL[/]"}
MIN_NODE = 20
NEEDED_GB = 6.0
REGISTRY_TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing that was examined, how it is, and the next step if it is not well."""

    what: str
    state: State
    detail: str
    next_step: str = ""


def examine(root: Path) -> list[Diagnosis]:
    """Examine everything a run may need, in a few seconds; only a missing base image is pulled."""
    checks: tuple[Callable[[Path], Diagnosis], ...] = (
        _python,
        _configs,
        _docker,
        _base_images,
        _node,
        _pypi,
        _npm,
        _lynkr,
        _ollama,
        _ports,
        _disk,
        _ca_bundle,
    )
    with ThreadPoolExecutor(max_workers=len(checks)) as pool:
        findings = list(pool.map(lambda check: check(root), checks))
    return [*findings, _verdict(findings)]


def show(findings: list[Diagnosis], console: Console) -> int:
    """Print the findings; returns 0 if a run is possible, else 1."""
    for finding in findings:
        detail = escape(printable(finding.detail))
        console.print(
            f"{SYMBOLS[finding.state]} {finding.what:<14} {detail}", highlight=False, soft_wrap=True
        )
        if finding.next_step and finding.state != "ok":
            console.print(
                f"     {'':<14} [bold]next:[/] {escape(finding.next_step)}", highlight=False, soft_wrap=True
            )
    return 1 if findings[-1].state == "fail" else 0


def _verdict(findings: list[Diagnosis]) -> Diagnosis:
    state = {finding.what: finding.state for finding in findings}
    docker = state["docker"] == "ok" and state["base images"] == "ok"
    host = state["node and npm"] == "ok" and state["PyPI"] == "ok"
    broken = [name for name in ("configs", "ports", "CA bundle") if state[name] == "fail"]
    if broken:
        return Diagnosis("verdict", "fail", f"no run is possible: {', '.join(broken)}", "see above")
    if docker:
        return Diagnosis("verdict", "ok", "`lab run` will use the docker engine")
    if host:
        return Diagnosis(
            "verdict", "ok", "`lab run` will use the host engine (no egress control, no equal limits)"
        )
    return Diagnosis(
        "verdict", "fail", "neither engine is ready", "repair docker or node and npm, see the lines above"
    )


def _python(_: Path) -> Diagnosis:
    return Diagnosis("python", "ok", f"Python {'.'.join(map(str, sys.version_info[:3]))}")


def _configs(root: Path) -> Diagnosis:
    try:
        lab = load_lab(root)
        systems = load_systems(root)
        suites = load_suites(root, lab.suites)
        for system in systems.values():
            if system.compose:
                load_compose(root / system.compose, os.environ)
    except LabError as exc:
        return Diagnosis("configs", "fail", exc.message, exc.next_step)
    scenarios = sum(len(suite.scenarios) for suite in suites)
    return Diagnosis(
        "configs", "ok", f"{len(systems)} systems, {scenarios} scenarios in {len(suites)} suites"
    )


def _docker(_: Path) -> Diagnosis:
    try:
        client = connect()
        version = str(client.version()["Version"])
        client.close()
    except LabError as exc:
        return Diagnosis("docker", "warn", exc.message, exc.next_step)
    return Diagnosis("docker", "ok", f"daemon {version} answers")


def _base_images(_: Path) -> Diagnosis:
    try:
        client = connect()
        found = [base_image(client, kind) for kind in ("python", "node")]
        client.close()
    except LabError as exc:
        return Diagnosis("base images", "warn", exc.message, exc.next_step)
    return Diagnosis("base images", "ok", ", ".join(dict.fromkeys(found)))


def _ask(*words: str, timeout: float = REGISTRY_TIMEOUT_S) -> tuple[bool, str]:
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=timeout, check=False)
    except (OSError, subprocess.SubprocessError) as exc:
        return False, str(exc)
    lines = (done.stdout if done.returncode == 0 else done.stderr).strip().splitlines() or [""]
    return done.returncode == 0, lines[0] if done.returncode == 0 else lines[-1]


def _node(_: Path) -> Diagnosis:
    advice = "install Node 20 or newer with npm (only the host engine needs them)"
    good, version = _ask("node", "--version", timeout=10)
    if not good:
        return Diagnosis("node and npm", "warn", "node is not on PATH", advice)
    major = version.lstrip("v").split(".")[0]
    if not major.isdigit() or int(major) < MIN_NODE:
        return Diagnosis("node and npm", "warn", f"node {version} is too old or unknown", advice)
    good, npm = _ask("npm", "--version", timeout=20)
    if not good:
        return Diagnosis("node and npm", "warn", "npm is not on PATH", advice)
    return Diagnosis("node and npm", "ok", f"node {version}, npm {npm}")


def _pypi(_: Path) -> Diagnosis:
    good, said = _ask(sys.executable, "-m", "pip", "index", "versions", "tenacity")
    if good:
        return Diagnosis("PyPI", "ok", "packages can be installed")
    return Diagnosis(
        "PyPI", "warn", said, "check proxies and LAB_CA_BUNDLE; what is already installed still runs"
    )


def _npm(_: Path) -> Diagnosis:
    good, said = _ask("npm", "view", "@portkey-ai/gateway", "version")
    if good:
        return Diagnosis("npm registry", "ok", "packages can be installed")
    return Diagnosis("npm registry", "warn", said, "check npm's registry and CA settings")


def _lynkr(_: Path) -> Diagnosis:
    package = os.environ.get("LYNKR_PACKAGE", "")
    if package:
        if Path(package).is_file() or not package.endswith(".tgz"):
            return Diagnosis("lynkr", "ok", f"from LYNKR_PACKAGE={package}")
        return Diagnosis("lynkr", "warn", f"LYNKR_PACKAGE={package} is not a file", "correct the path")
    good, said = _ask("npm", "view", "lynkr", "version")
    if good:
        return Diagnosis("lynkr", "ok", f"the npm registry has it ({said})")
    return Diagnosis(
        "lynkr",
        "warn",
        "the npm registry reached here does not have it",
        "set LYNKR_PACKAGE to a local tarball",
    )


def _ollama(_: Path) -> Diagnosis:
    try:
        url = ollama_url()
    except LabError as exc:
        return Diagnosis("ollama", "fail", exc.message, exc.next_step)
    if url:
        for path in ("/api/version", "/v1/models"):
            try:
                if httpx.get(url + path, timeout=5.0).status_code == 200:
                    return Diagnosis("ollama", "ok", f"{url} answers")
            except httpx.HTTPError:
                continue
        return Diagnosis(
            "ollama", "warn", f"OLLAMA_URL={url} does not answer", "start the service, or unset it"
        )
    if shutil.which("ollama"):
        return Diagnosis("ollama", "ok", "on PATH")
    return Diagnosis(
        "ollama",
        "warn",
        "not on PATH, OLLAMA_URL is not set; docker may pull its image",
        "without it, answers are scripted and the row `ollama` is unavailable",
    )


def _ports(_: Path) -> Diagnosis:
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
    except OSError as exc:
        return Diagnosis("ports", "fail", f"no port on 127.0.0.1 is free: {exc}", "free some ports")
    return Diagnosis("ports", "ok", f"the kernel gives ports on 127.0.0.1 (just now {port})")


def _disk(root: Path) -> Diagnosis:
    free = shutil.disk_usage(root).free / 1e9
    detail = f"{free:.0f} GB free"
    if free < NEEDED_GB:
        return Diagnosis("disk", "warn", detail, f"images and packages need about {NEEDED_GB:.0f} GB")
    return Diagnosis("disk", "ok", detail)


def _ca_bundle(_: Path) -> Diagnosis:
    try:
        path = ca_bundle_of(os.environ)
    except LabError as exc:
        return Diagnosis("CA bundle", "fail", exc.message, exc.next_step)
    if path is None:
        return Diagnosis("CA bundle", "ok", "none set; builds trust the base image's own")
    return Diagnosis("CA bundle", "ok", f"{path} goes into builds")
