"""`lab run --wire all --stream both`: everything sayable, in every form, against the control alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.labcli import Run, lab, run_words
from tests.integration.rogue import make_root
from tests.paths import ROOT

SAYABLE = ROOT / "tests" / "fixtures" / "sayable"
MATRIX = ("--wire", "all", "--stream", "both", "--repeats", "1")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of all that is sayable, on all wires, plain and streamed."""
    folder = tmp_path_factory.mktemp("matrix")
    words = run_words(make_root(folder, []), folder / "reports")
    done = lab(*words, "--scenarios", str(SAYABLE), *MATRIX)
    assert done.returncode == 0, done.stderr
    return Run(folder / "reports")


def test_the_control_fails_nothing_of_it(run: Run) -> None:
    """On no wire, neither plain nor streamed: what it failed would be the lab's own fault."""
    results = run.results
    assert [note.title for note in results.trust if note.severity == "fault"] == []
    rejected = {cell.scenario for cell in results.cells if cell.status == "failed"}
    assert rejected == {"j-raw"}


def test_every_exchange_says_its_wire_and_whether_it_streams(run: Run) -> None:
    """All six forms, and no exchange in two of them."""
    forms = {(one.wire, one.stream) for one in run.exchanges() if one.scenario.startswith("c-answer-refusal")}
    assert forms == {
        (wire, stream) for wire in ("anthropic", "openai", "responses") for stream in (False, True)
    }
    ids = [one.id for one in run.exchanges()]
    assert len(set(ids)) == len(ids)


def test_no_key_is_kept_and_yet_it_is_known_whose_arrived(run: Run) -> None:
    """By a digest that gives it away to nobody."""
    records = [one for one in run.exchanges() if one.scenario.startswith(("o-credential", "u-key"))]
    assert records
    for record in records:
        assert record.credential.startswith("sha256:")
        assert "sk-another-client" not in record.model_dump_json()


def test_bodies_arrive_byte_for_byte(run: Run) -> None:
    """Keys that are given twice, and integers beyond 64 bits."""
    bodies = {one.scenario: run.store.body(one.request) for one in run.exchanges()}
    assert bodies["j-body-file"].count(b"max_tokens") == 2
    assert b"19876543210987654321" in bodies["n-huge-integer"]
    assert b"19876543210987654321" in bodies["n-huge-integer.responses-streamed"]


def test_what_failed_is_run_again_alone(run: Run, tmp_path: Path) -> None:
    """Only valid scenarios count as failed, so that here is nothing to run again; ids choose as well."""
    reports = run.store.path.parent
    again = lab("run", "--reports", str(reports), "--failed", "latest", "--engine", "host")
    assert again.returncode == 1
    assert "nothing failed in this run" in again.stderr
    words = run_words(make_root(tmp_path, []), tmp_path / "reports")
    one = lab(*words, "--scenarios", str(SAYABLE), *MATRIX, "--only", "k-body,d-*.chat-*")
    assert one.returncode == 0, one.stderr
    asked = {record.scenario for record in Run(tmp_path / "reports").exchanges()}
    assert asked == {"k-body", "d-model.chat-plain", "d-model.chat-streamed"}
