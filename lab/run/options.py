"""What the user asked for, and the plan that follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from lab.config.models import LabConfig, SystemConfig
from lab.config.scenarios import Suite
from lab.errors import UsageError
from lab.loading.configs import ALL_SUITES, load_suites
from lab.loading.own_prompts import load_folder
from lab.names import ClientWire, EngineName, StreamChoice, UpstreamMode, WireChoice
from lab.records.manifest import Manifest
from lab.records.store import RunStore
from lab.run.plan import Plan, new_seed, select_variants
from lab.run.resume import own_folder, reopened
from lab.run.selection import Failed, again, failed_in, keep, missing, only
from lab.scenarios.forms import Form, forms_of, in_forms


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What the user asked for on the command line; None or nothing means: as configs/lab.yaml says.

    `only` are patterns of scenarios' ids; `failed` names a run of which what failed is asked again.
    """

    root: Path
    systems: tuple[str, ...] = ()
    suites: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    failed: str | None = None
    repeats: int | None = None
    seed: int | None = None
    engine: EngineName = "auto"
    upstream: UpstreamMode = "auto"
    wire: WireChoice | None = None
    stream: StreamChoice | None = None
    scenarios: Path | None = None
    resume: str | None = None
    reports: Path = Path("reports")
    command: tuple[str, ...] = ()


def plan_of(
    options: RunOptions, lab: LabConfig, systems: dict[str, SystemConfig], resumed: RunStore | None
) -> Plan:
    """The plan that options ask for, or that of the run to be resumed; raises LabError."""
    if resumed is not None:
        return _as_it_began(options, lab, systems, resumed.manifest())
    failed = failed_in(options.reports, options.failed) if options.failed else None
    forms = forms_of(options.wire, options.stream)
    if failed is not None and options.wire is None and options.stream is None:
        forms = _recorded_forms(failed.manifest)
    folder, suites = _asked(options, lab, failed)
    own_suite = suites[-1].suite if folder else ""
    suites = in_forms(suites, forms)
    whole, names, pairs, why = suites, options.systems, None, ""
    notes: tuple[str, ...] = ()
    suites = only(suites, options.only) if options.only else suites
    if failed is not None:
        known = {name for system in systems.values() for name in system.variants}
        if names:
            failed = failed.of_variants(one.name for one in select_variants(lab, systems, names))
        if options.wire is not None or options.stream is not None:
            failed = failed.in_forms_of(whole)
        notes = tuple(missing(failed, whole, known))
        suites, pairs = again(suites, failed, lab.baseline)
        there = [name for name in failed.variants if name in known]
        names = names or tuple(dict.fromkeys((lab.baseline, *(there or failed.variants))))
        why = f"it did not fail this in run {failed.manifest.run}, of which only what failed is asked again"
    return Plan(
        options.root,
        lab,
        select_variants(lab, systems, names),
        suites,
        options.repeats or lab.repeats,
        new_seed() if options.seed is None else options.seed,
        forms[0].wire,
        folder,
        own_suite,
        forms,
        pairs,
        why,
        notes,
    )


def _asked(
    options: RunOptions, lab: LabConfig, failed: Failed | None
) -> tuple[Path | None, tuple[Suite, ...]]:
    """The folder of own prompts, if there is one, and the suites; its own stands last."""
    folder = options.scenarios.resolve() if options.scenarios else None
    if failed is None:
        # A scenario that is named is found in whatever suite it stands.
        usual = [ALL_SUITES] if options.only else lab.suites
        return folder, _suites(options.root, options.suites or (() if folder else usual), folder)
    manifest = failed.manifest
    folder = own_folder(manifest, options.scenarios) if manifest.scenarios_folder else folder
    own = manifest.scenarios_suite or ""
    return folder, _suites(options.root, options.suites or _written(manifest), folder, own)


def _as_it_began(
    options: RunOptions, lab: LabConfig, systems: dict[str, SystemConfig], manifest: Manifest
) -> Plan:
    """The plan of a run that was interrupted."""
    variants = select_variants(lab, systems, [status.name for status in manifest.variants])
    folder, own = own_folder(manifest, options.scenarios), manifest.scenarios_suite or ""
    forms = _recorded_forms(manifest)
    suites = in_forms(_suites(options.root, _written(manifest), folder, own), forms)
    suites = keep(suites, [info.id for info in manifest.scenarios])
    pairs = {name: frozenset(variants) for name, variants in manifest.asked.items()} or None
    return Plan(
        options.root,
        lab,
        variants,
        suites,
        manifest.repeats,
        manifest.seed,
        forms[0].wire,
        folder,
        own,
        forms,
        pairs,
        manifest.asked_why,
        cannot={info.id: dict(info.unsupported_for) for info in manifest.scenarios if info.unsupported_for},
    )


def _written(manifest: Manifest) -> tuple[str, ...]:
    """The suites of configs/scenarios that a run asked, without the further forms of them."""
    names = dict.fromkeys(info.written_suite or info.suite for info in manifest.scenarios)
    return tuple(name for name in names if name != manifest.scenarios_suite)


def _recorded_forms(manifest: Manifest) -> tuple[Form, ...]:
    forms = tuple(Form(cast("ClientWire", form.wire), form.stream) for form in manifest.forms)
    return forms or (Form(cast("ClientWire", manifest.wire)),)


def resumed_run(options: RunOptions) -> RunStore | None:
    """The records of the run to be resumed; None if the options ask for a new one."""
    if not options.resume:
        return None
    if options.only or options.failed:
        raise UsageError(
            "--resume completes a run as it began", next_step="leave out --only and --failed, or --resume"
        )
    return reopened(options.reports, options.resume, options.root, options.scenarios)


def _suites(root: Path, names: Sequence[str], folder: Path | None, own: str = "") -> tuple[Suite, ...]:
    """The suites of these names, and last that of the folder of own prompts, if there is one."""
    suites = load_suites(root, names)
    return suites if folder is None else (*suites, load_folder(root, folder, suites, own))
