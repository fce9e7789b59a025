"""Wrong answers, and the answers that could have been wrong, over all forms of a scenario."""

from __future__ import annotations

from pathlib import Path

from lab.report.build import build_results
from tests.unit.records_builder import RunBuilder, marker_of, scenario, variant


def test_wrong_hits_of_all_forms_are_counted_among_the_probes_of_all_forms(tmp_path: Path) -> None:
    """One of two forms answers wrongly: 1 of 2 and not 1 of 1."""
    infos = [
        scenario(
            f"{name}{form}",
            suite=f"core{form}",
            sequence="pair",
            cache_differs="question" if name == "B" else None,
            written=name if form else "",
            written_suite="core" if form else "",
        )
        for form in ("", ".chat-plain")
        for name in ("A", "B")
    ]
    builder = RunBuilder(tmp_path, variants=(variant("lynkr"),), scenarios=infos)
    for name in ("A", "B", "A.chat-plain"):
        builder.exchange("lynkr", name)
    builder.exchange("lynkr", "B.chat-plain", calls=[], marker=marker_of("r1-A.chat-plain-lynkr"))
    found = build_results(builder.store)
    assert [(one.scenario, one.wrongness) for one in found.wrong_answers.served] == [
        ("B.chat-plain", "question")
    ]
    assert found.wrong_answers.of("lynkr", ["question"]) == 2
