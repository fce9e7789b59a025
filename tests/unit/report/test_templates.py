"""Templates lay out; what they say stands once, in Python or in one template."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

from lab import report

FOLDER = Path(report.__file__).parent / "templates"
RUN = 5


def runs(path: Path) -> set[tuple[str, ...]]:
    """All runs of that many words in the text of a template."""
    text = re.sub(
        r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}|<[^>]*>", " \n ", path.read_text("utf-8"), flags=re.DOTALL
    )
    words = [line.split() for line in text.splitlines()]
    return {tuple(line[at : at + RUN]) for line in words for at in range(len(line) - RUN + 1)}


def test_no_sentence_stands_in_two_templates() -> None:
    """Five words in a row that two templates share are a sentence that somebody will change in one."""
    found = {path.name: runs(path) for path in sorted(FOLDER.glob("*.j2"))}
    assert len(found) >= 7
    shared = {(one, two): found[one] & found[two] for one, two in combinations(found, 2)}
    assert {names: words for names, words in shared.items() if words} == {}


def test_one_template_lays_out_the_sections_of_a_format() -> None:
    """The page of a report says nothing of any section by itself."""
    for name in ("report.html.j2", "report.md.j2", "more.md.j2"):
        assert not re.search(r"<h2|<h3|^## ", (FOLDER / name).read_text("utf-8"), re.MULTILINE), name
