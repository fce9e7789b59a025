"""Facts count as kept in whatever notation their rows stand, and as lost where their rows do not hold."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

import pytest
import toon_format
import yaml

from lab.exchange.facts.search import find_facts
from lab.scenarios.payloads import Payload, payload
from tests.unit.effort import effort

Rows = list[dict[str, Any]]
SEARCH = payload({"generate": "json_search", "tokens": 4000, "seed": "notations"})
OBJECTS = payload({"generate": "json_api", "tokens": 4000, "seed": "notations"})
SAMPLES = payload({"generate": "json_table", "tokens": 4000, "seed": "notations"})


def rows_of(made: Payload) -> Rows:
    """The rows that a JSON payload holds."""
    data = json.loads(made.text)
    if "columns" in data:
        return [dict(zip(data["columns"], row, strict=True)) for row in data["rows"]]
    return list(data.get("matches") or data["data"])


def found(made: Payload, text: str) -> list[bool]:
    """Which facts of a payload another text holds."""
    return find_facts([fact.parts for fact in made.facts], text, made.beside)


def minified(data: Any) -> str:
    """JSON without blanks."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def table(rows: Rows, delimiter: str = ",", order: Sequence[str] | None = None) -> str:
    """Rows as delimited lines under a header."""
    out = io.StringIO()
    writer = csv.DictWriter(out, order or list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def markdown(rows: Rows, order: Sequence[str] | None = None) -> str:
    """Rows as a Markdown table; bars in values are escaped."""
    names = order or list(rows[0])
    lines = [
        names,
        ["---"] * len(names),
        *([str(row[name]).replace("|", "\\|") for name in names] for row in rows),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def by_file(rows: Rows) -> dict[str, Rows]:
    """Rows under their file, which the rows themselves no longer name."""
    return {
        file: [{name: value for name, value in row.items() if name != "file"} for row in group]
        for file, group in groupby(rows, lambda row: str(row["file"]))
    }


def headings(rows: Rows, indent: str, file: str) -> str:
    """Search output with each file as a heading of its matches; `file` is how a heading is written."""
    groups = [
        "\n".join([file.format(name), *(f"{indent}{row['line']}: {row.get('match')}" for row in group)])
        for name, group in by_file(rows).items()
    ]
    return "\n\n".join(groups)


def columns(rows: Rows) -> dict[str, list[Any]]:
    """One list a column."""
    return {name: [row[name] for row in rows] for name in rows[0]}


def backwards(value: Any) -> Any:
    """The same data with all keys in reverse order."""
    if isinstance(value, dict):
        return {key: backwards(value[key]) for key in reversed(value)}
    return [backwards(item) for item in value] if isinstance(value, list) else value


def flat(row: dict[str, Any], before: str = "") -> dict[str, Any]:
    """A nested object with dotted names."""
    parts = [flat(v, f"{before}{k}.") if isinstance(v, dict) else {f"{before}{k}": v} for k, v in row.items()]
    return {key: value for part in parts for key, value in part.items()}


# Any rows, nested ones too.
NOTATIONS: dict[str, Callable[[Rows], str]] = {
    "minified": minified,
    "pretty": lambda rows: json.dumps({"items": rows}, indent=2),
    "sorted keys": lambda rows: json.dumps(rows, sort_keys=True),
    "reversed keys": lambda rows: json.dumps(backwards(rows), indent=4),
    "lines of JSON": lambda rows: "\n".join(minified(row) for row in rows),
    "lines of JSON, reversed": lambda rows: "\n".join(minified(backwards(row)) for row in rows),
    "JSON in JSON, reversed": lambda rows: json.dumps({"content": json.dumps(backwards(rows))}),
    "JSON in JSON in JSON, reversed": lambda rows: json.dumps([json.dumps(json.dumps(backwards(rows)))]),
    "JSON among prose, reversed": lambda rows: f"The result [1]: {minified(backwards(rows))} (all of it).",
    "YAML": lambda rows: yaml.safe_dump(rows, sort_keys=False),
    "YAML, sorted": lambda rows: yaml.safe_dump({"result": rows}, allow_unicode=True),
    "YAML, reversed": lambda rows: yaml.safe_dump(backwards(rows), sort_keys=False, width=60),
    "TOON": toon_format.dumps,
    "TOON in an object": lambda rows: toon_format.dumps({"result": {"rows": rows, "more": False}}),
    "TOON, reversed": lambda rows: toon_format.dumps(backwards(rows)),
    "TOON, sorted, tabs": lambda rows: toon_format.dumps(rows, sort_keys=True, delimiter="\t"),
    "TOON, reversed, bars": lambda rows: toon_format.dumps({"rows": backwards(rows)}, delimiter="|"),
    "TOON in JSON, reversed": lambda rows: json.dumps({"content": toon_format.dumps(backwards(rows))}),
    "CSV": lambda rows: table([flat(row) for row in rows]),
    "CSV, reversed": lambda rows: table([backwards(flat(row)) for row in rows]),
    "tabs, reversed": lambda rows: table([backwards(flat(row)) for row in rows], "\t"),
    "semicolons, reversed": lambda rows: table([backwards(flat(row)) for row in rows], ";"),
    "Markdown": lambda rows: markdown([flat(row) for row in rows]),
    "Markdown, reversed": lambda rows: markdown([backwards(flat(row)) for row in rows]),
    "JSON of columns": lambda rows: minified(columns([flat(row) for row in rows])),
    "JSON of columns, inside": lambda rows: json.dumps(
        {"rows": columns([flat(row) for row in rows])}, indent=1
    ),
    "JSON of rows without names": lambda rows: minified(
        {"columns": list(flat(rows[0])), "rows": [list(reversed(flat(row).values())) for row in rows]}
    ),
    "TOON of columns": lambda rows: toon_format.dumps(columns([flat(row) for row in rows])),
}
# Rows that share files.
GROUPED: dict[str, Callable[[Rows], str]] = {
    "JSON by file": lambda rows: minified(by_file(rows)),
    "JSON by file, named": lambda rows: json.dumps(
        [{"matches": group, "file": file} for file, group in by_file(rows).items()]
    ),
    "YAML by file": lambda rows: yaml.safe_dump(by_file(rows), width=70),
    "TOON by file": lambda rows: toon_format.dumps(by_file(rows)),
    "headings": lambda rows: headings(rows, "", "{}"),
    "headings, indented": lambda rows: headings(rows, "    ", "[file] {} (7):"),
}
MADE = {"search": SEARCH, "objects": OBJECTS, "samples": SAMPLES}
CASES = [
    *((name, notation) for name in MADE for notation in NOTATIONS),
    *(("search", notation) for notation in GROUPED),
]
ALL = NOTATIONS | GROUPED


@pytest.mark.parametrize(("name", "notation"), CASES)
def test_every_fact_is_kept_in_another_notation(name: str, notation: str) -> None:
    """What is only written differently is kept, to the last fact."""
    made = MADE[name]
    assert all(found(made, ALL[notation](rows_of(made))))


def held(made: Payload, row: dict[str, Any]) -> list[int]:
    """Which facts stand in this row."""
    values = {str(value) for value in flat(row).values()}
    return [n for n, fact in enumerate(made.facts) if values.issuperset(fact.parts)]


@pytest.mark.parametrize(("name", "notation"), CASES)
def test_dropped_rows_lose_their_facts_and_no_others(name: str, notation: str) -> None:
    """Every fifth row left out: its facts are lost, the rest is kept."""
    made, rows = MADE[name], rows_of(MADE[name])
    lost = sorted(n for row in rows[::5] for n in held(made, row))
    assert lost
    text = ALL[notation]([row for n, row in enumerate(rows) if n % 5])
    assert [n for n, there in enumerate(found(made, text)) if not there] == lost


SHIFTS = [
    ("search", "line"),
    ("search", "match"),
    ("objects", "version"),
    ("samples", "requests"),
    ("samples", "minute"),
]
SHIFTED = [
    *((name, column, notation) for name, column in SHIFTS for notation in NOTATIONS),
    *(("search", column, notation) for column in ("line", "match") for notation in GROUPED),
]


@pytest.mark.parametrize(("name", "column", "notation"), SHIFTED)
@pytest.mark.parametrize("by", [1, -1])
def test_values_that_moved_to_the_next_row_are_lost(name: str, column: str, notation: str, by: int) -> None:
    """A column that slipped by one row makes each row's fact false, near as the true value still is."""
    made, rows = MADE[name], rows_of(MADE[name])
    values = [row[column] for row in rows]
    slipped = [row | {column: values[(n + by) % len(rows)]} for n, row in enumerate(rows)]
    # The second fact of an object has no part in its version; and neighbours may have the same value.
    true = sorted(n for row in slipped for n in held(made, row))
    assert len(true) <= max(1, sum(len(fact.parts) == 2 for fact in made.facts))
    assert [n for n, there in enumerate(found(made, ALL[notation](slipped))) if there] == true


@pytest.mark.parametrize(("name", "notation"), CASES)
def test_a_missing_column_loses_every_fact_that_needs_it(name: str, notation: str) -> None:
    """Rows without one of their values keep no fact that has a part there."""
    made = MADE[name]
    column = {"search": "match", "objects": "version", "samples": "requests"}[name]
    rows = [{key: value for key, value in row.items() if key != column} for row in rows_of(made)]
    kept = [n for n, there in enumerate(found(made, ALL[notation](rows))) if there]
    assert kept == [n for n, fact in enumerate(made.facts) if len(fact.parts) == 2]


@pytest.mark.parametrize(
    ("part", "text", "kept"),
    [
        ("1000", '{"b": 1000.0, "a": "key"}', True),
        ("1000.0", '{"b": 1000, "a": "key"}', True),
        ("12.50", '{"b": 12.5, "a": "key"}', True),
        ("1000", '{"b": 1e3, "a": "key"}', False),
        ("1000", '{"b": "1,000", "a": "key"}', False),
        ("1000", '{"b": 10000, "a": "key"}', False),
        ("0.5", '{"b": 0.05, "a": "key"}', False),
        ("1000", "b,a\n1000.0,key\n", True),
        ("true", '{"b": true, "a": "key"}', True),
        ("12", '{"b": "12", "a": "key"}', True),
    ],
)
def test_numbers_are_kept_by_their_digits(part: str, text: str, kept: bool) -> None:
    """Zeros at the end of a fraction do not count in decoded data; another spelling is another value."""
    assert find_facts([["key", part]], text) == [kept]


def test_a_wrapped_value_is_kept() -> None:
    """Where a line is broken within a value, and how far it goes in, does not matter."""
    fact = [["api.py", "the queue was emptied by hand"]]
    assert find_facts(fact, "api.py: the queue was\n      emptied by hand") == [True]
    assert find_facts(fact, "api.py: the queue was\n      emptied by mistake") == [False]
    assert find_facts(fact, "- match: the queue was emptied\n    by hand\n  file: api.py\n") == [True]


LISTING = """src/api (2 files)
    routes.py 120 lines
    errors.py 88 lines
src/store (1 file)
    rows.py 64 lines
"""


@pytest.mark.parametrize(
    ("fact", "kept"),
    [
        (["src/api/routes.py", "120"], True),
        (["src/api/errors.py", "88"], True),
        (["src/store/rows.py", "64"], True),
        (["src/api/rows.py", "64"], False),
        (["src/store/errors.py", "88"], False),
        (["src/api/routes.py", "88"], False),
        (["src/api/routes", "120"], False),
        (["src/ap/routes.py", "120"], False),
    ],
)
def test_a_value_whose_beginning_stands_in_a_heading_is_kept(fact: list[str], kept: bool) -> None:
    """A directory over its files is their paths' beginning, and only theirs."""
    assert find_facts([fact], LISTING) == [kept]


def test_a_moment_divided_between_a_heading_and_its_lines_is_kept() -> None:
    """The hour above, minutes and seconds in the line: the whole time can be read."""
    text = "[file] 2026-03-04T06 (2):\n    00: 00.454Z ERROR req=abc123 disk full\n    12: 01.123Z INFO ok\n"
    assert find_facts([["2026-03-04T06:00:00.454Z", "abc123", "disk full"]], text) == [True]
    assert find_facts([["2026-03-04T07:00:00.454Z", "abc123", "disk full"]], text) == [False]
    assert find_facts([["2026-03-04T06:00:00.455Z", "abc123", "disk full"]], text) == [False]
    assert find_facts([["2026-03-04T06:12:01.123Z", "abc123", "disk full"]], text) == [False]


def test_doubled_quotes_of_csv_are_undone() -> None:
    """A value with quotes is the same value in CSV."""
    text = table([{"file": "a.py", "match": 'raise "late", then stop'}])
    assert '""late""' in text
    assert find_facts([["a.py", 'raise "late", then stop']], text) == [True]
    assert find_facts([['raise "late", then stop', "a.py"]], text) == [True]


def aliased(rows: Rows, legend: Callable[[dict[str, str]], str]) -> str:
    """Rows as CSV with an alias for each file, and a legend that explains them."""
    names = {file: f"$F{n}" for n, file in enumerate(dict.fromkeys(row["file"] for row in rows))}
    return legend(names) + table([row | {"file": names[row["file"]]} for row in rows])


LEGENDS: dict[str, Callable[[dict[str, str]], str]] = {
    "lines": lambda names: "\n".join(f"{alias} = {file}" for file, alias in names.items()) + "\n\n",
    "list": lambda names: "\n".join(f"- `{alias}`: {file}" for file, alias in names.items()) + "\n\n",
    "JSON": lambda names: minified({alias: file for file, alias in names.items()}) + "\n",
}


@pytest.mark.parametrize("legend", LEGENDS)
def test_an_alias_that_the_text_explains_is_what_it_stands_for(legend: str) -> None:
    """A legend in the same text makes every fact resolvable."""
    assert all(found(SEARCH, aliased(rows_of(SEARCH), LEGENDS[legend])))


def test_an_alias_that_nothing_explains_is_a_lost_value() -> None:
    """Without the legend, with one that is contradicted, or with a false one, no fact is kept."""
    rows = rows_of(SEARCH)
    explained = aliased(rows, LEGENDS["lines"])
    assert not any(found(SEARCH, aliased(rows, lambda names: "")))
    assert not any(found(SEARCH, explained + "\n".join(f"$F{n} = other" for n in range(len(rows)))))

    def turned(names: dict[str, str]) -> str:
        return LEGENDS["lines"](dict(zip(names, [*[*names.values()][1:], "$F0"], strict=True)))

    assert not any(found(SEARCH, aliased(rows, turned)))


def test_an_ordinary_word_is_no_alias() -> None:
    """`port = 8080` explains nothing: only names with a sign or in brackets can stand for something else."""
    assert find_facts([["api.py", "8080"]], "port = 8080\napi.py port") == [False]
    assert find_facts([["api.py", "8080"]], "$port = 8080\napi.py $port") == [True]


def test_a_structure_without_values_keeps_nothing() -> None:
    """Names and types of fields, or one item and a count, are no rows."""
    rows = rows_of(SEARCH)
    types = {name: type(value).__name__ for name, value in rows[0].items()}
    first = minified([rows[0], f"... {len(rows) - 1} more"])
    assert not any(found(SEARCH, minified([types, f"x{len(rows)}"])))
    assert [n for n, there in enumerate(found(SEARCH, first)) if there] == held(SEARCH, rows[0])


def test_a_list_of_all_values_is_no_table() -> None:
    """All values of all rows one after the other, sorted, tell nothing of what belongs together."""
    values = [str(value) for row in rows_of(SEARCH) for value in row.values()]
    assert not any(found(SEARCH, minified(sorted(values))))


@pytest.mark.parametrize(
    "text", ["{" * 5000, "[" * 100_000, '{"a":' * 3000, "- " * 5000, "a:\n" * 5000, '"' * 5000]
)
def test_hostile_text_is_read_without_much_effort_and_without_errors(text: str) -> None:
    """Deep, unclosed and repeated beginnings come to an end soon, and keep nothing."""
    facts, text = [["file.py", "1234"]], text + " 1234 file.py"
    assert find_facts(facts, text) == [False]
    assert effort(lambda: find_facts(facts, text), tries=1) < 100


@pytest.mark.parametrize(
    "notation", ["minified", "TOON, reversed", "YAML, sorted", "CSV, reversed", "JSON of columns"]
)
def test_a_text_of_400_kilobytes_is_searched_with_bounded_effort(notation: str) -> None:
    """60 facts in 100k tokens: tens of ms as they were sent, no second where everything has to be undone."""
    made = payload({"generate": "json_search", "tokens": 100_000, "seed": "long"})
    text = NOTATIONS[notation](rows_of(made))
    assert len(text) > 250_000
    assert found(made, text) == [True] * len(made.facts)
    assert effort(lambda: found(made, text), tries=1) < (20 if notation == "minified" else 200)
