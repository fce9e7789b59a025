"""How far this run can be trusted: what the control failed, what is missing, and what is unstable."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import itemgetter

from lab.figures.amounts import grouped
from lab.figures.grid import Grid
from lab.figures.legality import accepted_words, refused_words
from lab.records.manifest import OWN_TITLE, Manifest
from lab.results.cell import Cell
from lab.results.models import Severity, TrustNote
from lab.results.totals import TotalRow

FEW_REPEATS = 3
FEW_FAULTS = 5
NAMED = 12
OURS = "No gateway was in between, so this is the lab's fault: "
# A user's own scenario may ask for what cannot be.
OWNS = "No gateway was in between, so this is the scenario's own fault or the lab's: "
# What the control is not asked, such as what only routers are, it does not lack.
ASKED = frozenset({"measured", "failed", "unsupported"})
ORDER: dict[Severity, int] = {"fault": 0, "warning": 1, "note": 2}


def trust_notes(grid: Grid, totals: tuple[TotalRow, ...]) -> tuple[TrustNote, ...]:
    """All reasons to trust this run less, faults of the lab first."""
    notes = [
        *_control(grid),
        *_legality(grid),
        *_run(grid.manifest),
        *_systems(grid.manifest),
        *_variants(totals),
    ]
    return tuple(sorted(notes, key=lambda note: ORDER[note.severity]))


def _warning(title: str, detail: str) -> TrustNote:
    return TrustNote(severity="warning", title=title, detail=detail)


def _control(grid: Grid) -> Iterator[TrustNote]:
    """What the control fails is the lab's fault; requests that are invalid are meant to be rejected."""
    if not grid.control:
        yield _warning(
            "No control",
            "The control was not run: no overhead can be stated, and no fault of the lab would show.",
        )
        return
    cells = [grid.cell(grid.control, info) for info in grid.every_form]
    broken = [(cell, whys) for cell in cells if (whys := _broken(cell))]
    yield from _faults(broken, own_scenarios(grid.manifest))
    missing = [cell.scenario for cell in cells if cell.status not in ASKED]
    if missing:
        yield _warning("The control is incomplete", f"{grid.control} was not measured on {_some(missing)}.")


def _legality(grid: Grid) -> Iterator[TrustNote]:
    """Requests that the provider refuses as they are, and those that it takes although declared invalid.

    A user's own request is the user's; that a scenario of the lab is refused is the lab's fault.
    """
    infos, own = grid.manifest.scenarios, own_scenarios(grid.manifest)
    for info, title, detail in refused_words(infos):
        yield TrustNote(severity="warning" if info.id in own else "fault", title=title, detail=detail)
    for title, detail in accepted_words(infos, answered(grid)):
        yield TrustNote(severity="warning", title=title, detail=detail)


def answered(grid: Grid) -> Iterator[str]:
    """The scenarios that the control completed in every repeat, other than with the error they expect."""
    for status in grid.manifest.variants:
        for info in grid.manifest.scenarios if status.kind == "control" else ():
            cell = grid.cell(status.name, info)
            due = (info.expect.status or 200) >= 400
            if cell.status == "measured" and cell.completed == cell.n and not due:
                yield info.id


def _broken(cell: Cell) -> dict[str, str]:
    """The checks that failed there, and why; a failed cell counts even if no check is about answers."""
    broken = {check: found.why for check, found in cell.checks.items() if found.verdict == "fail"}
    if cell.status == "failed" and not broken:
        broken["answered"] = cell.reason or "no reason was recorded"
    return broken


def own_scenarios(manifest: Manifest) -> frozenset[str]:
    """The scenarios that are a user's own prompts."""
    titles = manifest.suite_titles
    return frozenset(
        info.id for info in manifest.scenarios if titles.get(info.suite, "").startswith(OWN_TITLE)
    )


def _faults(
    failed: Sequence[tuple[Cell, dict[str, str]]], own: frozenset[str] = frozenset()
) -> Iterator[TrustNote]:
    """One note per scenario; if there are many, one per check. Those of `own` may be the user's."""
    if len(failed) <= FEW_FAULTS:
        for cell, broken in failed:
            whose = OWNS if cell.scenario in own else OURS
            whys = "; ".join(f"{check}: {why}" for check, why in broken.items())
            yield TrustNote(
                severity="fault", title=f"The control failed {cell.scenario}", detail=whose + whys
            )
        return
    every = [(check, cell.scenario, why) for cell, broken in failed for check, why in broken.items()]
    for check, found in grouped(every, itemgetter(0)).items():
        whose = OWNS if own.issuperset(name for _, name, _ in found) else OURS
        yield TrustNote(
            severity="fault",
            title=f"The control failed {check} in {len(found)} scenarios",
            detail=f"{whose}{_some([name for _, name, _ in found])}. The first: {found[0][2]}",
        )


def _some(names: Sequence[str]) -> str:
    """A few of these names, and how many more there are."""
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


def _run(manifest: Manifest) -> Iterator[TrustNote]:
    if manifest.state != "finished":
        yield _warning(
            "The run did not finish",
            "What is missing is shown as not run; `lab run --resume` completes it.",
        )
    if manifest.resumed:
        times = "once" if manifest.resumed == 1 else f"{manifest.resumed} times"
        yield _warning(
            "The run was resumed",
            f"It was interrupted and resumed {times}: latencies were measured in different sittings.",
        )
    if manifest.repeats < FEW_REPEATS:
        repeats = "1 repeat" if manifest.repeats == 1 else f"{manifest.repeats} repeats"
        noise = "noise cannot be told from effect"
        yield _warning("Few repeats", f"Only {repeats}; below {FEW_REPEATS}, {noise}.")
    if manifest.engine == "host":
        unsure = "The host engine cannot guarantee isolation or equal limits."
        yield _warning("Systems ran as plain processes", " ".join(manifest.engine_notes) or unsure)
    if manifest.git.get("changed") == "yes":
        yield TrustNote(
            severity="note",
            title="Changed files",
            detail=f"The lab's files differ from commit {manifest.git.get('commit', 'unknown')}.",
        )


def _systems(manifest: Manifest) -> Iterator[TrustNote]:
    for status in manifest.variants:
        if status.status != "ran":
            yield _warning(f"{status.name} is missing", status.reason or "It was not run.")
        elif status.locked is False:
            package = f"{status.name} {status.version or ''}".rstrip()
            yield _warning(
                f"{status.name} is not the locked package",
                f"{package} was given in place of the package that the lab pins: whoever repeats this run "
                "needs the same one.",
            )


def _variants(totals: tuple[TotalRow, ...]) -> Iterator[TrustNote]:
    for row in totals:
        first = row.latency_ms.first_attempt_success
        if first is not None and first < 1:
            yield _warning(
                f"{row.variant} did not always answer",
                f"{first:.1%} of {row.exchanges} exchanges were answered at the first attempt, "
                f"{row.completed} in the end.",
            )
        if row.cache.unproven:
            yield _warning(
                f"{row.variant} answered without a model",
                f"{row.cache.unproven:,} of its {row.cache.of:,} answers are no model's, and nothing tells "
                "where they come from. They cost nothing, so that what they save is no merit.",
            )
    shaky = [
        f"{row.variant} ({'; '.join(row.latency_ms.unstable)})" for row in totals if row.latency_ms.unstable
    ]
    if shaky:
        yield TrustNote(
            severity="note",
            title="Unstable latency",
            detail=f"{', '.join(shaky)}: see the flags beside each latency.",
        )
