"""What the user asked for, and the plan that follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lab.config.models import LabConfig, Suite, SystemConfig
from lab.loading.configs import load_suites
from lab.loading.own_prompts import load_folder
from lab.names import ClientWire, EngineName, UpstreamMode
from lab.records.store import RunStore
from lab.run.plan import Plan, new_seed, select_variants
from lab.run.resume import own_folder, reopened


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What the user asked for on the command line; None or nothing means: as configs/lab.yaml says."""

    root: Path
    systems: tuple[str, ...] = ()
    suites: tuple[str, ...] = ()
    repeats: int | None = None
    seed: int | None = None
    engine: EngineName = "auto"
    upstream: UpstreamMode = "auto"
    wire: ClientWire = "anthropic"
    scenarios: Path | None = None
    resume: str | None = None
    reports: Path = Path("reports")
    command: tuple[str, ...] = ()


def plan_of(
    options: RunOptions, lab: LabConfig, systems: dict[str, SystemConfig], resumed: RunStore | None
) -> Plan:
    """The plan that options ask for, or that of the run to be resumed; raises LabError."""
    if resumed is None:
        variants = select_variants(lab, systems, options.systems)
        folder = options.scenarios.resolve() if options.scenarios else None
        suites = _suites(options.root, options.suites or (() if folder else lab.suites), folder)
        seed = new_seed() if options.seed is None else options.seed
        repeats = options.repeats or lab.repeats
        return Plan(options.root, lab, variants, suites, repeats, seed, options.wire, folder)
    manifest = resumed.manifest()
    variants = select_variants(lab, systems, [status.name for status in manifest.variants])
    folder, own = own_folder(manifest, options.scenarios), manifest.scenarios_suite or ""
    suites = _suites(options.root, [name for name in manifest.suites if name != own], folder, own)
    wire: ClientWire = "openai" if manifest.wire == "openai" else "anthropic"
    return Plan(options.root, lab, variants, suites, manifest.repeats, manifest.seed, wire, folder)


def resumed_run(options: RunOptions) -> RunStore | None:
    """The records of the run to be resumed; None if the options ask for a new one."""
    if not options.resume:
        return None
    return reopened(options.reports, options.resume, options.root, options.scenarios)


def _suites(root: Path, names: Sequence[str], folder: Path | None, own: str = "") -> tuple[Suite, ...]:
    """The suites of these names, and last that of the folder of own prompts, if there is one."""
    suites = load_suites(root, names)
    return suites if folder is None else (*suites, load_folder(root, folder, suites, own))
