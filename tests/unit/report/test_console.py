"""The terminal shows wrong answers first, every variant on one line, and texts as texts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from lab.report.build import build_results
from lab.report.console import absent, fitting, short_result
from lab.report.summary import verdict_table
from lab.results.cell import Facts
from lab.results.models import Results
from lab.topics.verdicts.table import Verdicts
from tests.unit.records_builder import table_of
from tests.unit.sample_run import sample_run
from tests.unit.suites_run import suites_run


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """A run of six suites through nine variants, with wrong answers."""
    return build_results(suites_run(tmp_path_factory.mktemp("suites")))


def _shown(results: Results, width: int, *, colour: bool = False) -> str:
    console = Console(width=width, force_terminal=True, color_system="standard" if colour else None)
    with console.capture() as capture:
        for part in short_result(results, width):
            console.print(part)
    return capture.get()


@pytest.mark.parametrize("width", [80, 100, 120, 150, 200])
def test_every_variant_has_one_line_in_each_table(results: Results, width: int) -> None:
    """In 80 columns and in 200, no row is broken, so each name begins exactly two lines."""
    lines = _shown(results, width).splitlines()
    assert max(map(len, lines)) <= width
    for variant in results.variants:
        if variant.status == "measured":
            assert sum(line.startswith(f"{variant.name} ") for line in lines) == 2, variant.name


def test_wrong_answers_stand_first_and_in_red(results: Results) -> None:
    """Before any table: what makes them wrong, how many, by which variant, in which scenarios."""
    lines = _shown(results, 80).splitlines()
    assert lines[:9] == [
        "\u2717 2 answers from another conversation were served",
        "  lynkr: 2 of 84 answers, in 2 scenarios (CA-1c, CA-3c)",
        "\u2717 3 answers to another question or context were served",
        "  lynkr: 3 of 4 answers, in 2 scenarios (CA-0c, CA-1c)",
        "\u2717 2 answers were shared across user ids",
        "  lynkr: 2 of 2 answers, in 1 scenario (CA-2c)",
        "\u2717 1 answer was given in spite of other settings",
        "  lynkr: 1 of 2 answers, in 1 scenario (CA-3c)",
        "",
    ]
    first, second = _shown(results, 80, colour=True).splitlines()[:2]
    assert first.startswith("\x1b[1;31m")
    assert second.startswith("\x1b[31m")


def test_a_run_without_wrong_answers_begins_with_the_summary(tmp_path: Path) -> None:
    """Nothing red stands first where nothing wrong was served."""
    shown = _shown(build_results(sample_run(tmp_path, repeats=1)), 80)
    assert shown.startswith("variant ")
    assert "answers were" not in shown
    assert "were served" not in shown


@pytest.mark.parametrize("width", [80, 200])
def test_the_suites_verdicts_are_those_of_the_results(results: Results, width: int) -> None:
    """Each k of n in the terminal is the one of results.json; who does not route has none on tiers."""
    lines = _shown(results, width).splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("scenarios that pass"))
    rows = {line.split()[0]: line.replace(" of ", "/") for line in lines[start + 2 :]}
    routers = {variant.name for variant in results.variants if variant.routes}
    verdicts = table_of(results, Verdicts)
    assert any(row.judged for row in verdicts.rows)
    assert any(row.judged for row in verdicts.together)
    for row in verdicts.rows:
        if row.judged and (row.suite != "routing" or row.variant in routers):
            assert f"{row.passed}/{row.judged}" in rows[row.variant], (row.variant, row.suite)
    for row in verdicts.together:
        if row.judged:
            assert rows[row.variant].rstrip().endswith(f"{row.passed}/{row.judged}")


@pytest.mark.parametrize("width", [80, 100, 120, 150, 200])
def test_what_the_lab_decided_is_marked_at_any_width(results: Results, width: int) -> None:
    """Cost, tier and routing verdict carry a mark and no tick, and a line says what the mark means."""
    shown = _shown(results, width)
    assert "\n* the lab decided the tiers of portkey-conditional\n" in shown
    summary, verdicts = [line for line in shown.splitlines() if line.startswith("portkey-conditional ")]
    assert (summary.count("*"), verdicts.count("*")) == (2, 1)
    marked = [word for line in (summary, verdicts) for word in line.split() if "*" in word]
    assert not any("\u2713" in word for word in marked)
    others = [line for line in shown.splitlines() if line.startswith(("lynkr ", "litellm-router "))]
    assert not any("*" in line for line in others)


@pytest.mark.parametrize("width", [120, 150])
def test_large_counts_and_the_same_model_cost_have_room_in_120_columns(results: Results, width: int) -> None:
    """`1584/1584` stays on its line, and nothing that 120 columns have room for is left out."""
    facts = Facts(kept=1584, total=1584)
    totals = tuple(row.model_copy(update={"facts": facts}) for row in results.totals)
    shown = _shown(results.model_copy(update={"totals": totals}), width)
    assert shown.count("\u27131584/1584 ") == 8
    assert "same model" in shown


@pytest.mark.parametrize("width", [80, 120])
def test_a_renamed_heading_drops_no_column(results: Results, width: int) -> None:
    """What a narrow terminal calls a column stands in its entry: with other headings the same are shown."""
    table = verdict_table(results)
    columns = tuple(replace(column, title=f"Another heading {n}") for n, column in enumerate(table.columns))
    console = Console(width=width)
    shown = []
    for one in (table, replace(table, columns=columns)):
        with console.capture() as capture:
            console.print(fitting(one, width))
        shown.append(capture.get())
    assert shown[0] == shown[1]
    assert len(shown[0].splitlines()[0].split()) >= len(columns) - 1


def test_a_variant_that_could_not_be_started_is_named_with_its_reason(results: Results) -> None:
    """It has no row of its own, but a line that says why."""
    assert absent(results)[0].startswith("ollama: unavailable, no model server")
    assert "ollama: unavailable, no model server" in _shown(results, 80)


@pytest.mark.parametrize("width", [80, 200])
def test_the_terminal_obeys_no_text_of_a_record(results: Results, width: int) -> None:
    """Markup and escapes in names and reasons are shown literally."""
    evil = "[red]x\x1b[2J"
    variants = tuple(
        v.model_copy(update={"name": evil, "reason": evil}) if v.name == "ollama" else v
        for v in results.variants
    )
    rows = tuple(
        row.model_copy(update={"variant": evil}) if row.variant == "ollama" else row
        for row in table_of(results, Verdicts).rows
    )
    served = results.wrong_answers.served
    evils = tuple(one.model_copy(update={"scenario": evil, "title": evil, "why": evil}) for one in served)
    wrong = results.wrong_answers.model_copy(update={"served": evils})
    verdicts = table_of(results, Verdicts).model_copy(update={"rows": rows})
    changed = results.model_copy(update={"variants": variants, "verdicts": verdicts, "wrong_answers": wrong})
    shown = _shown(changed, width)
    assert "[red]x\u241b[2J: unavailable" in shown
    assert "answers, in 2 scenarios ([red]x\u241b[2J" in shown
    assert "\x1b" not in shown
    assert any("[red]x\u241b[2J" in line for line in absent(changed))
