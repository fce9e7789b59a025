"""Gateways that misbehave: each gets a clear reason, hurts no other, and loses nothing recorded."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.labcli import Run, lab, processes_of, run_words
from tests.integration.rogue import make_root
from tests.unit.evidence_pages import cells_of

MODES = ("honest", "html", "invalid-json", "empty", "error-in-200", "hostile-text", "huge", "dies", "crash")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One real run over all misbehaving gateways, on the host engine."""
    folder = tmp_path_factory.mktemp("rogue")
    root = make_root(folder, (*MODES, "never-healthy"))
    reports = folder / "reports"
    done = lab(*run_words(root, reports))
    assert done.returncode == 0, done.stdout + done.stderr
    (folder / "output").write_text(done.stdout, encoding="utf-8")
    run = Run(reports)
    assert processes_of(run.manifest.run) == []
    return run


def reasons(run: Run, variant: str) -> set[str]:
    """The reasons with which a variant's exchanges failed."""
    return {exchange.reason or "" for exchange in run.exchanges(variant) if exchange.status == "failed"}


def test_the_control_and_an_honest_gateway_answer_everything(run: Run) -> None:
    """Whatever fails elsewhere is not the lab's fault."""
    for variant in ("direct", "honest"):
        exchanges = run.exchanges(variant)
        assert len(exchanges) == 6
        assert {exchange.status for exchange in exchanges} == {"completed"}
        assert all(exchange.answer.markers == (exchange.marker,) for exchange in exchanges)


def test_an_honest_gateway_forwards_exactly_what_it_was_sent(run: Run) -> None:
    """Tokens forwarded equal tokens sent, and each exchange has one upstream call with its own body."""
    calls = {call.exchange: call for call in run.store.upstream() if call.caller == "honest"}
    exchanges = run.exchanges("honest")
    assert len(exchanges) == 6
    for exchange in exchanges:
        call = calls[exchange.id]
        assert call.request == exchange.request
        assert call.tokens == exchange.tokens_sent


@pytest.mark.parametrize(
    ("variant", "part"),
    [
        ("html", "HTML"),
        ("invalid-json", "JSON"),
        ("empty", "empty"),
        ("error-in-200", "no capacity"),
        ("huge", "larger than"),
    ],
)
def test_an_unusable_answer_fails_with_its_own_reason(run: Run, variant: str, part: str) -> None:
    """A reader learns what came back instead of an answer."""
    found = reasons(run, variant)
    assert len(run.exchanges(variant)) == 6
    assert all(exchange.status == "failed" for exchange in run.exchanges(variant))
    assert found
    assert all(part in reason for reason in found), found


def test_a_gateway_that_dies_keeps_what_it_did_and_starts_again_for_the_next_repeat(run: Run) -> None:
    """Records before the death stay; the rest of that repeat fails with exit code and log."""
    exchanges = run.exchanges("dies")
    assert [e.status for e in exchanges[:2]] == ["completed", "completed"]
    dead = [e for e in exchanges if e.status == "failed"]
    assert dead
    assert all("9" in (e.reason or "") for e in dead)
    assert [e.status for e in exchanges if e.repeat == 2][:2] == ["completed", "completed"]


def test_a_gateway_that_cannot_start_is_unavailable_with_its_log(run: Run) -> None:
    """The others are compared all the same."""
    statuses = {status.name: status for status in run.manifest.variants}
    crash = statuses["crash"]
    assert crash.status == "unavailable"
    assert "7" in (crash.reason or "")
    assert "cannot read my configuration" in (crash.log_tail or "")
    never = statuses["never-healthy"]
    assert never.status == "unavailable"
    assert "503" in (never.reason or "")
    cells = {(cell.variant, cell.status) for cell in run.results.cells}
    assert ("crash", "unavailable") in cells
    assert ("never-healthy", "unavailable") in cells


def test_hostile_text_reaches_the_report_only_as_text(run: Run) -> None:
    """No script, no terminal escape, no link of an answer's own."""
    pages = [run.path / "report.html", run.path / "report.md", *(run.path / "evidence").glob("*hostile*")]
    texts = [page.read_text(encoding="utf-8") for page in pages]
    texts += [text for name, text in cells_of(run.path).items() if "hostile" in name]
    assert len(texts) > 3
    for text in texts:
        assert "<script>alert" not in text
        assert "\x1b" not in text
    printed = (run.path.parents[1] / "output").read_text(encoding="utf-8")
    assert "\x07" not in printed
    assert "\x1b[31mred" not in printed


def test_an_answer_with_a_marker_that_is_not_its_own_is_noticed(run: Run) -> None:
    """Provenance decides whose answer it was, not the status code."""
    cells = [cell for cell in run.results.cells if cell.variant == "hostile-text"]
    assert [cell.checks["provenance"].verdict for cell in cells] == ["fail"] * 3


def test_a_variant_that_failed_never_looks_cheaper(run: Run) -> None:
    """Its cells have no cost of zero and it is in no total."""
    failed = ("html", "empty", "huge", "crash")
    cells = [cell for cell in run.results.cells if cell.variant in failed]
    assert len(cells) == 3 * len(failed)
    for cell in cells:
        assert cell.cost_usd.as_routed is None
        assert cell.reason
    assert set(run.results.comparison.variants).isdisjoint(failed)


def test_the_report_can_be_rendered_again_byte_for_byte(run: Run, tmp_path: Path) -> None:
    """Nothing but the records decides what the report says."""
    kinds = {".html", ".md", ".svg"}
    before = {p: p.read_bytes() for p in run.path.rglob("*") if p.is_file() and p.suffix in kinds}
    assert {path.suffix for path in before} == kinds
    done = lab("report", str(run.path))
    assert done.returncode == 0, done.stderr
    assert {p: p.read_bytes() for p in before} == before
