"""Which scenarios a run asks, and whom: those that are named, or those that failed in another run."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from pydantic import ValidationError

from lab.config.scenarios import Scenario, Suite
from lab.errors import RecordsError, UsageError
from lab.names import nearest
from lab.records.manifest import Manifest
from lab.records.store import RunStore, find_run
from lab.report.build import build_results, results_model
from lab.results.cell import Cell
from lab.results.models import Results
from lab.scenarios.forms import SEPARATOR, written_id

RESULTS = "results.json"
SHOWN = 12
Pairs = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Failed:
    """What failed in an earlier run: its manifest, and the variants that failed each scenario, by its id."""

    manifest: Manifest
    pairs: Pairs

    def in_forms_of(self, suites: Iterable[Suite]) -> Failed:
        """The same for the forms that these suites are in, whatever forms failed."""
        written = {info.id: info.written or info.id for info in self.manifest.scenarios}
        forms: dict[str, list[str]] = {}
        for one in (one for suite in suites for one in suite.scenarios):
            forms.setdefault(written_id(one), []).append(one.id)
        pairs: dict[str, frozenset[str]] = {}
        for name, variants in self.pairs.items():
            for there in forms.get(written.get(name, name), [name]):
                pairs[there] = pairs.get(there, frozenset()) | variants
        return Failed(self.manifest, pairs)

    def of_variants(self, names: Iterable[str]) -> Failed:
        """What these variants failed of it; UsageError if that is nothing."""
        wanted = frozenset(names)
        pairs = {name: failing & wanted for name, failing in self.pairs.items() if failing & wanted}
        if not pairs:
            raise UsageError(
                f"--failed: {', '.join(sorted(wanted))} failed nothing in {self.manifest.run}",
                next_step=f"leave out --systems, or name some of {', '.join(self.variants)}",
            )
        return Failed(self.manifest, pairs)

    @property
    def variants(self) -> tuple[str, ...]:
        """The variants that failed anything, in the order of that run."""
        failing = frozenset().union(*self.pairs.values())
        return tuple(status.name for status in self.manifest.variants if status.name in failing)


def only(suites: Sequence[Suite], patterns: Sequence[str]) -> tuple[Suite, ...]:
    """The suites with the scenarios that match a pattern, and what those need; UsageError if one has none.

    A pattern names a scenario in all forms in which the run sends it, or, with the form, in that one. A
    scenario of a sequence needs those before it, which leave behind what it asks about, and one that is a
    perturbation, a session or an envelope needs the scenario that it is one of.
    """
    everything = [scenario for suite in suites for scenario in suite.scenarios]
    for pattern in patterns:
        if not any(_matches(one, pattern) for one in everything):
            raise UsageError(f"--only: no scenario matches {pattern}", next_step=_near(pattern, everything))
    return keep(suites, {one.id for one in everything if any(_matches(one, p) for p in patterns)})


def _matches(scenario: Scenario, pattern: str) -> bool:
    return any(fnmatchcase(name, pattern) for name in {scenario.id, written_id(scenario)})


def _near(pattern: str, scenarios: Sequence[Scenario]) -> str:
    """What to do about a pattern that matches nothing: a form is named, or the id is mistyped."""
    written, dot, form = pattern.partition(SEPARATOR)
    if dot and any(_matches(one, written) for one in scenarios):
        return f"no form {form} of {written} is sent: add --wire and --stream, or leave .{form} out"
    names = [one.id for one in scenarios]
    alike = [name for name in names if fnmatchcase(name.casefold(), pattern.casefold())]
    if alike:
        return f"did you mean {alike[0]}? Capital letters count"
    shown = _like(pattern, names)
    more = [f"and {len(shown) - SHOWN} more, see configs/scenarios"] if len(shown) > SHOWN else []
    return nearest(pattern.replace("*", ""), names, shown=[*shown[:SHOWN], *more])


def _like(pattern: str, names: Sequence[str]) -> list[str]:
    """The names that begin as the pattern does, as far as any does; all if none does."""
    for end in range(len(pattern), 0, -1):
        found = [name for name in names if name.casefold().startswith(pattern[:end].casefold())]
        if found:
            return found
    return list(names)


def keep(suites: Sequence[Suite], wanted: Iterable[str]) -> tuple[Suite, ...]:
    """The suites with the scenarios of these ids and what those need; suites of which nothing is left go."""
    names = set(wanted)
    kept = []
    for suite in suites:
        needed = {
            name for one in suite.scenarios if one.id in names for name in _needed(one, suite.scenarios)
        }
        scenarios = [one for one in suite.scenarios if one.id in needed]
        if scenarios:
            kept.append(suite.model_copy(update={"scenarios": scenarios}))
    return tuple(kept)


def _needed(scenario: Scenario, beside: Sequence[Scenario]) -> Iterator[str]:
    """The scenario's id, and the ids of those that it makes no sense without."""
    yield scenario.id
    for other in beside:
        if other.id == scenario.id:
            break
        if other.sequence is not None and other.sequence == scenario.sequence:
            yield other.id
    base = next((other for other in beside if other.id == scenario.of), None)
    if base is not None and base.id != scenario.id:
        yield from _needed(base, beside)


def failed_in(reports: Path, run: str) -> Failed:
    """What failed in that run: valid scenarios with a failed check or exchange; RecordsError if none did."""
    path = find_run(reports, run)
    store = RunStore.open(path)
    manifest, results = store.manifest(), _results(path, store)
    valid = {scenario.id for scenario in results.scenarios if scenario.valid}
    pairs: dict[str, set[str]] = {}
    for cell in results.cells:
        if cell.scenario in valid and _failed(cell):
            pairs.setdefault(cell.scenario, set()).add(cell.variant)
    if not pairs:
        raise RecordsError(f"{path}: nothing failed in this run", next_step="choose scenarios with --only")
    return Failed(manifest, {name: frozenset(variants) for name, variants in pairs.items()})


def _results(path: Path, store: RunStore) -> Results:
    if (path / RESULTS).is_file():
        with contextlib.suppress(ValidationError):  # torn, or of another version: the records tell the same
            return results_model().model_validate_json((path / RESULTS).read_bytes())
    return build_results(store)


def _failed(cell: Cell) -> bool:
    if cell.status == "failed" or (cell.status == "measured" and cell.completed < cell.n):
        return True
    return any(result.verdict == "fail" for result in cell.checks.values())


def missing(failed: Failed, suites: Iterable[Suite], variants: Collection[str]) -> Iterator[str]:
    """What failed and cannot be asked again, in a sentence each: scenarios and variants that are gone."""
    known = {one.id for suite in suites for one in suite.scenarios}
    for what, gone in (
        ("scenarios", [name for name in failed.pairs if name not in known]),
        ("variants", [name for name in failed.variants if name not in variants]),
    ):
        if gone:
            names = ", ".join(sorted(gone)[:5]) + (f" and {len(gone) - 5} more" if len(gone) > 5 else "")
            yield f"--failed: {what} of {failed.manifest.run} that are not there any more: {names}"


def again(suites: Sequence[Suite], failed: Failed, control: str) -> tuple[tuple[Suite, ...], Pairs]:
    """The suites with what failed, and who is asked each scenario: who failed it, and always the control.

    Whoever failed a scenario is also asked what that one needs. UsageError if none of it is there any more.
    """
    kept = keep(suites, failed.pairs)
    pairs: dict[str, set[str]] = {}
    for suite in kept:
        for one in suite.scenarios:
            if one.id in failed.pairs:
                for name in _needed(one, suite.scenarios):
                    pairs.setdefault(name, {control}).update(failed.pairs[one.id])
    if not kept:
        gone = ", ".join(sorted(failed.pairs)[:5])
        raise UsageError(
            f"--failed: none of what failed in {failed.manifest.run} is in these suites: {gone}",
            next_step="leave out --suite and --only, or run it with the suites that it had",
        )
    return kept, {name: frozenset(variants) for name, variants in pairs.items()}
