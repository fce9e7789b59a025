"""Evidence is one file whatever the size of a run, and plain pages only when they are asked for."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import deflate
import pytest
from typer.testing import CliRunner

from lab.cli import app
from lab.kit.anchors import cell_page
from lab.records.redaction import Redactor
from lab.records.store import RunStore
from lab.report import evidence_file, render
from lab.report.build import build_results
from lab.report.evidence_file import Groups
from lab.report.pages import html_to_plain_evidence, markdown_to_plain_evidence
from tests.unit.evidence_pages import GROUP, cells_of
from tests.unit.records_builder import RunBuilder, scenario
from tests.unit.sample_run import SAMPLE_SCENARIOS, sample_run


def files(run: Path) -> dict[str, bytes]:
    """All files of a run by their paths in it."""
    return {path.relative_to(run).as_posix(): path.read_bytes() for path in run.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of few cells, not rendered yet."""
    return sample_run(tmp_path_factory.mktemp("evidence")).path


def test_a_run_of_many_cells_has_few_files(tmp_path: Path) -> None:
    """A thousand cells, and twice as many bodies, are fewer than two hundred files, and smaller too."""
    infos = tuple(
        info.model_copy(update={"id": f"{info.id}-{number}"})
        for number in range(36)
        for info in SAMPLE_SCENARIOS
    )
    store = sample_run(tmp_path, repeats=1, scenarios=infos)
    store.bodies.pack()
    render(store.path)
    made = files(store.path)
    cells = cells_of(store.path)
    assert len(cells) == 4 * len(infos) > 1000
    assert len(made) < 200
    assert len(made["evidence.html"]) < sum(map(len, cells.values())) / 10
    assert len(made["bodies.tar.zst"]) < sum(store.bodies.beginning(sha, 0)[1] for sha in _bodies(store)) / 2


def _bodies(store: RunStore) -> set[str]:
    return {sha for record in store.exchanges() for sha in (record.request, record.response) if sha}


def test_every_cell_with_exchanges_is_in_the_file_once(run: Path) -> None:
    """In the order of scenarios, so that what shares its text stands together."""
    render(run)
    results = build_results(RunStore.open(run))
    order = {info.id: number for number, info in enumerate(results.scenarios)}
    cells = sorted((cell for cell in results.cells if cell.evidence), key=lambda cell: order[cell.scenario])
    assert list(cells_of(run)) == [f"{cell.variant}--{cell.scenario}" for cell in cells]


def test_plain_pages_are_made_for_all_cells_or_for_those_that_failed_or_for_none(run: Path) -> None:
    """Those of an earlier choice do not stay behind, and each choice gives the same bytes again."""
    results = build_results(RunStore.open(run))
    cells = [cell for cell in results.cells if cell.evidence]
    failed = {
        cell_page(cell.variant, cell.scenario)
        for cell in cells
        if cell.completed < cell.n or "fail" in {check.verdict for check in cell.checks.values()}
    }
    everything = {cell_page(cell.variant, cell.scenario) for cell in cells}
    assert 0 < len(failed) < len(everything)
    render(run)
    before = files(run)
    for choice, wanted in (("all", everything), ("failed", failed), ("page", set[str]())):
        paths = render(run, choice)  # type: ignore[arg-type]
        made = files(run)
        assert {name for name in made if name.startswith("evidence/") and "--" in name} == wanted
        assert {path.relative_to(run).as_posix() for path in paths.cells} == wanted
        assert made["evidence.html"] == before["evidence.html"]
        assert (made["report.html"] == before["report.html"]) == (choice != "all")
        render(run, choice)  # type: ignore[arg-type]
        assert files(run) == made
    assert files(run) == before


def test_with_all_plain_pages_every_link_leads_to_one(run: Path) -> None:
    """In the report, its Markdown, and the pages of whole variants; none of them leads to the one page."""
    render(run)
    linked = re.findall(rb"evidence\.html#([\w.-]+)", (run / "report.html").read_bytes())
    render(run, "all")
    made = files(run)
    html = [re.sub(r"<[^>]*>", "", made["report.html"].decode()), made["report.html"].decode()]
    assert "evidence.html#" not in html[1]
    links = re.findall(r'href="(evidence/[\w.-]+--[\w.-]+\.html)"', html[1])
    assert len(links) == len(linked) > 100
    assert all(link in made for link in links)
    for name in (name for name in made if name.endswith(".md")):
        text = made[name].decode()
        assert "evidence.html#" not in text
        assert all(link in made for link in re.findall(r"\]\((evidence/[^)]+)\)", text))
    assert "](evidence/lynkr--L1.html)" in made["report.md"].decode()
    page = made["evidence/lynkr.html"].decode()
    assert 'href="lynkr--L1.html"' in page
    assert "evidence.html" not in page
    render(run)


def test_only_links_of_the_report_are_led_elsewhere() -> None:
    """The same words in a text of a record stay as they are."""
    text = 'see evidence.html#a--b and href=&#34;evidence.html#a--b&#34; <a href="evidence.html#a--b">x</a>'
    assert html_to_plain_evidence(text) == text.replace('"evidence.html#a--b"', '"evidence/a--b.html"')
    assert html_to_plain_evidence('<a href="../evidence.html#a--b">') == '<a href="a--b.html">'
    text = r"\[x\](evidence.html#a--b) [x](evidence.html#a--b)"
    assert markdown_to_plain_evidence(text) == r"\[x\](evidence.html#a--b) [x](evidence/a--b.html)"


def test_the_command_takes_the_choice(run: Path) -> None:
    """`lab report --evidence all` writes plain pages; another word is wrong usage."""
    runner = CliRunner()
    done = runner.invoke(app, ["report", str(run), "--evidence", "all"])
    assert done.exit_code == 0, done.output
    assert (run / "evidence" / "lynkr--L1.html").is_file()
    assert runner.invoke(app, ["report", str(run)]).exit_code == 0
    assert not (run / "evidence" / "lynkr--L1.html").exists()
    assert runner.invoke(app, ["report", str(run), "--evidence", "some"]).exit_code == 2


def test_pages_are_grouped_by_scenario_up_to_a_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """A group ends only between two scenarios, and never without need."""
    monkeypatch.setattr(evidence_file, "GROUP_CHARS", 10)
    groups = Groups(lambda data: data)
    for one, name in (("A", "x--A"), ("A", "y--A"), ("B", "x--B"), ("C", "x--C")):
        groups.add(one, name, "line 1\nline 2")
    groups.close()
    groups.close()
    assert [group.names for group in groups.done] == ["x--A y--A", "x--B", "x--C"]


def test_known_secrets_are_replaced_before_the_evidence_is_compressed() -> None:
    """Afterwards nobody could find them."""
    groups = Groups(Redactor(["s3cret-value"]).bytes)
    groups.add("S1", "direct--S1", "<p>s3cret-value</p>")
    groups.close()
    (group,) = groups.done
    raw = deflate.zlib_decompress(base64.b64decode(group.data), 10_000)
    assert b"s3cret" not in raw
    assert b"[redacted]" in raw


def test_names_of_cells_need_no_escaping(tmp_path: Path) -> None:
    """Variants and scenarios with any characters get names that fit into an attribute and an address."""
    infos = (scenario('S"1 <b>'), scenario("S/2&#x"), scenario("x" * 200))
    builder = RunBuilder(tmp_path, scenarios=infos, repeats=1)
    for info in infos:
        builder.exchange("direct", info.id)
    render(builder.store.path)
    names = [names for names, _ in GROUP.findall((builder.store.path / "evidence.html").read_text("utf-8"))]
    assert len(" ".join(names).split(" ")) == 3
    assert all(re.fullmatch(r"[\w.-]{1,130}", name) for name in " ".join(names).split(" "))
