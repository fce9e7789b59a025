"""What the commands of the command line do, apart from reading options."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.table import Table
from rich.text import Text

from lab.engines import clean
from lab.loading.configs import load_lab, load_suites, load_systems
from lab.progress import Reporter, printable, terminal
from lab.records.store import list_runs
from lab.report.build import results_model
from lab.report.console import short_result
from lab.results.models import Results
from lab.run import session
from lab.run.options import RunOptions

STRICT_FAILED = 3


def run_comparison(options: RunOptions, *, strict: bool, quiet: bool) -> int:
    """Run, render, print the short result; returns the exit code."""
    console = terminal()
    outcome = session.run(options, Reporter(console, quiet=quiet))
    results = results_model().model_validate_json(outcome.paths.results.read_bytes())
    for part in short_result(results, console.width):
        console.print(part)
    console.print(f"report: {outcome.paths.html}", markup=False, highlight=False, soft_wrap=True)
    console.print(f"        {outcome.paths.markdown}", markup=False, highlight=False, soft_wrap=True)
    return STRICT_FAILED if strict and not _everything_went_well(results) else 0


def _everything_went_well(results: Results) -> bool:
    """Whether every system ran and every exchange of a valid scenario was answered.

    What a system or a wire cannot be asked at all is no failure, nor what the run leaves out: nothing was
    sent.
    """
    valid = {scenario.id for scenario in results.scenarios if scenario.valid}
    return all(variant.status == "measured" for variant in results.variants) and all(
        cell.status == "unsupported"
        or (cell.status == "not_run" and bool(cell.reason) and cell.reason == results.run.asked_why)
        or (cell.status == "measured" and cell.completed == cell.n)
        for cell in results.cells
        if cell.scenario in valid
    )


def list_everything(reports: Path, root: Path) -> None:
    """Print systems with variants, suites, and runs."""
    console = terminal()
    lab = load_lab(root)
    variants = Table("variant", "system", "what it is", "by default", title="Systems", title_justify="left")
    for system in load_systems(root).values():
        for name, variant in system.variants.items():
            default = "yes" if name in lab.variants else "no"
            variants.add_row(*_literal(name, system.title, variant.title, default))
    console.print(variants)
    suites = Table("suite", "scenarios", "what it asks", title="Suites", title_justify="left")
    files = sorted(path.stem for path in (root / "configs" / "scenarios").glob("*.yaml"))
    for suite in load_suites(root, files):
        suites.add_row(*_literal(suite.suite, str(len(suite.scenarios)), suite.title))
    console.print(suites)
    runs = Table(title="Runs", title_justify="left")
    for column in ("run", "state", "engine", "variants", "repeats"):
        runs.add_column(column, no_wrap=column == "run")  # a run's id must be whole, to be copied
    for entry in list_runs(reports):
        manifest = entry.manifest
        if manifest is None:
            runs.add_row(*_literal(entry.path.name, entry.error or "unreadable", "", "", ""))
            continue
        names = ", ".join(variant.name for variant in manifest.variants)
        repeats = f"{manifest.repeats} x {len(manifest.scenarios)} scenarios"
        runs.add_row(*_literal(manifest.run, manifest.state, manifest.engine, names, repeats))
    console.print(runs)


def _literal(*texts: str) -> Iterator[Text]:
    """Texts of files for a table: no markup of theirs is followed, and none drives the terminal."""
    return (Text(printable(text)) for text in texts)


def clean_up(run_name: str | None, *, images: bool, cache: bool) -> None:
    """Remove leftovers and say what was removed."""
    console = terminal()
    removed = clean(run_name, images=images, cache=cache)
    for line in removed:
        console.print(printable(line), markup=False, highlight=False, soft_wrap=True)
    if not removed:
        console.print("nothing was left behind")
