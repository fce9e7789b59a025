"""Makes the manifest of a new run: what runs, from which files and versions, on which machine."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from lab import __version__
from lab.config.scenarios import Scenario, Suite
from lab.engines.base import Engine, Started
from lab.loading.own_prompts import prompt_files
from lab.loading.prices import list_prices, resolve
from lab.loading.similarity import similarities
from lab.records.manifest import ClaimInfo, ExpectInfo, FormInfo, Manifest, ScenarioInfo, TierInfo
from lab.run.headers import other_client
from lab.run.plan import Plan
from lab.run.upstream import Upstream
from lab.scenarios.answers import is_silent
from lab.scenarios.forms import SentAgain, written_suite
from lab.scenarios.request import advice, named_models, unsupported_on

EXPECTATIONS = "expectations_met"
OWN_PROMPTS = "own prompts: "
PACKAGES = ("toktok-rs", "genai-prices", "anthropic", "openai", "httpx", "docker", "jinja2")


def new_manifest(
    *, run: str, plan: Plan, engine: Engine, ahead: Upstream, meter: Started, command: Iterable[str]
) -> Manifest:
    """The manifest of a run that is about to begin, with the prices it is counted at."""
    lab = plan.lab
    same_model = lab.same_model_price.model or lab.default_model
    similar = similarities(plan.suites)
    return Manifest(
        run=run,
        lab_version=__version__,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        seed=plan.seed,
        repeats=plan.repeats,
        suites=tuple(suite.suite for suite in plan.suites),
        suite_titles={suite.suite: suite.title for suite in plan.suites},
        scenarios_folder=str(plan.folder) if plan.folder else None,
        scenarios_suite=plan.own_suite or None,
        wire=plan.wire,
        forms=tuple(FormInfo(wire=form.wire, stream=form.stream) for form in plan.forms),
        engine=engine.name,
        engine_notes=engine.notes(),
        upstream_mode=ahead.mode,
        upstream_mode_why=ahead.why,
        baseline=lab.baseline,
        default_model=lab.default_model,
        default_model_price=resolve(lab.default_model_price),
        same_model=same_model,
        same_model_price=resolve(lab.same_model_price),
        tiers={
            name: TierInfo(model=tier.model, title=tier.title, price=resolve(tier.price))
            for name, tier in lab.tiers.items()
        },
        named_prices=list_prices(named_models(plan.suites)),
        tokenizer=lab.tokenizer,
        requests_per_month=lab.extrapolation.requests_per_month,
        mix=lab.extrapolation.mix,
        limits=lab.limits.model_dump(),
        scenarios=tuple(
            _scenario(suite, scenario, plan, similar) for suite in plan.suites for scenario in suite.scenarios
        ),
        asked={name: tuple(sorted(variants)) for name, variants in (plan.pairs or {}).items()},
        asked_why=plan.pairs_why,
        model_servers=ahead.servers,
        claims=tuple(claims_of(plan)),
        config_sha256=config_hashes(plan.root, plan.folder),
        packages=library_versions() | ({"meter": meter.image} if meter.image else {}),
        host=_host(),
        git=_git(plan.root),
        command=tuple(command),
    )


def _scenario(suite: Suite, scenario: Scenario, plan: Plan, similar: Mapping[str, float]) -> ScenarioInfo:
    """What the manifest says of a scenario: its own fields by their names, and what is not in its file."""
    own = scenario.model_dump(include=set(ScenarioInfo.model_fields) - {"facts", "facts_beside", "expect"})
    more = {
        "suite": suite.suite,
        "class_title": suite.classes[scenario.class_],
        "facts": [fact.parts for fact in scenario.facts],
        "facts_beside": [fact.parts for fact in scenario.facts_beside],
        "other_client": other_client(scenario, _first(suite, scenario)),
        "similarity": similar.get(scenario.id),
        "path": scenario.path or "",
        "silent": is_silent(suite, scenario),
        "expect": _expected(suite, scenario),
        "checks": _checks(suite, scenario),
        "unsupported": (unsupported_on if len(plan.forms) > 1 else advice)(scenario, plan.wire_of(scenario)),
        "unsupported_for": tuple(sorted(plan.cannot.get(scenario.id, {}).items())),
        "wire": plan.wire_of(scenario),
        "written": scenario.written if isinstance(scenario, SentAgain) else "",
        "written_suite": written_suite(suite.suite) if isinstance(scenario, SentAgain) else "",
    }
    return ScenarioInfo.model_validate(own | more)


def _first(suite: Suite, scenario: Scenario) -> Scenario:
    """The scenario that opens the sequence of this one; itself, if it is of none."""
    mates = (one for one in suite.scenarios if one.sequence == scenario.sequence)
    return next(mates) if scenario.sequence else scenario


def _checks(suite: Suite, scenario: Scenario) -> tuple[str, ...]:
    """The checks that judge a scenario; what it expects is judged whether they name that or not."""
    named = tuple(scenario.checks or suite.checks)
    expects = _expected(suite, scenario) != ExpectInfo()
    return (*named, EXPECTATIONS) if expects and named and EXPECTATIONS not in named else named


def _expected(suite: Suite, scenario: Scenario) -> ExpectInfo:
    """What has to come back; the provider's own status, if that is an error."""
    answer = scenario.answer or suite.answer
    status = scenario.expect.status or (answer.status if answer.status >= 400 else None)
    headers = tuple((name.lower(), value) for name, value in scenario.expect.headers.items())
    return ExpectInfo(status=status, headers=headers, credential=scenario.expect.credential)


def claims_of(plan: Plan) -> Iterable[ClaimInfo]:
    """What is stated about the systems of this run, each system once."""
    systems = {planned.system.system: planned.system for planned in plan.variants}
    for system in systems.values():
        for claim in system.claims:
            fields = claim.model_dump(exclude={"with_"}) | {"params": claim.with_}
            yield ClaimInfo(system=system.system, system_title=system.title, **fields)


def config_hashes(root: Path, own: Path | None = None) -> dict[str, str]:
    """SHA-256 of every file that decides what a run does, by its path in the repository.

    Those of a folder of `own` prompts go by their path in that folder, wherever it lies.
    """
    files = sorted(p for folder in ("configs", "compose") for p in (root / folder).rglob("*") if p.is_file())
    named = {str(path.relative_to(root)): path for path in files}
    if own is not None:
        named |= {f"{OWN_PROMPTS}{name}": path for name, path in prompt_files(own).items()}
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in named.items()}


def library_versions() -> dict[str, str]:
    """Versions of the libraries that the lab's numbers depend on."""
    found = {}
    for name in PACKAGES:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def _host() -> dict[str, str]:
    return {
        "system": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
        "cpus": str(os.cpu_count() or 0),
        "cpu": _first_match(Path("/proc/cpuinfo"), "model name"),
        "memory": _first_match(Path("/proc/meminfo"), "MemTotal"),
        "python": platform.python_version(),
    }


def _first_match(path: Path, key: str) -> str:
    with suppress(OSError):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith(key):
                return line.partition(":")[2].strip()
    return "unknown"


def _git(root: Path) -> dict[str, str]:
    def ask(*words: str) -> str | None:
        try:
            done = subprocess.run(
                ["git", "-C", str(root), *words], capture_output=True, text=True, timeout=10, check=True
            )
        except (OSError, subprocess.SubprocessError):
            return None
        return done.stdout.strip()

    commit = ask("rev-parse", "HEAD")
    if commit is None:
        return {}
    changed = ask("status", "--porcelain", "--untracked-files=no")
    return {"commit": commit, "changed": "no" if changed == "" else "yes"}
