"""Facts are found however they are encoded, and only where they belong."""

from __future__ import annotations

import csv
import io
import json
import random
import unicodedata
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
import yaml

from lab import wires
from lab.exchange.facts.search import find_facts, forwarded_text, unescape
from tests.paths import ROOT
from tests.unit.effort import effort

FIXTURES = ROOT / "configs" / "fixtures"
PACKAGE: dict[str, Any] = json.loads((FIXTURES / "package.json").read_text("utf-8"))
GREP: list[dict[str, Any]] = json.loads((FIXTURES / "grep.json").read_text("utf-8"))
PACKAGE_FACTS: list[list[str]] = yaml.safe_load((FIXTURES / "package-facts.yaml").read_text("utf-8"))
GREP_FACTS: list[list[str]] = yaml.safe_load((FIXTURES / "grep-facts.yaml").read_text("utf-8"))


def as_csv(rows: list[dict[str, Any]]) -> str:
    """Rows as CSV with a header."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def as_toon(rows: list[dict[str, Any]]) -> str:
    """Rows as a TOON table: keys once, then one line a row."""
    head = f"[{len(rows)}]{{{','.join(rows[0])}}}:\n"
    return head + "\n".join(
        "  " + ",".join(json.dumps(v, ensure_ascii=False) for v in row.values()) for row in rows
    )


ENCODINGS: dict[str, Callable[[Any], str]] = {
    "minified": lambda data: json.dumps(data, ensure_ascii=False, separators=(",", ":")),
    "pretty": lambda data: json.dumps(data, ensure_ascii=False, indent=4),
    "ascii": json.dumps,
    "json in json": lambda data: json.dumps({"content": json.dumps(data)}),
    "json in json in json": lambda data: json.dumps([json.dumps(json.dumps(data))]),
    "yaml": lambda data: yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=10_000),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_all_facts_are_found_in_every_encoding_of_the_payload(encoding: str) -> None:
    """Spacing, escapes and nesting of JSON lose nothing."""
    encode = ENCODINGS[encoding]
    assert all(find_facts(PACKAGE_FACTS, encode(PACKAGE)))
    assert all(find_facts(GREP_FACTS, encode(GREP)))


@pytest.mark.parametrize("encode", [as_csv, as_toon])
def test_all_facts_are_found_in_tables(encode: Any) -> None:
    """Tables that name their columns once keep the facts, with and without the column nobody asks for."""
    assert all(find_facts(GREP_FACTS, encode(GREP)))
    assert all(
        find_facts(GREP_FACTS, encode([{k: row[k] for k in ("file", "line", "match")} for row in GREP]))
    )


def test_a_facts_place_in_the_table_does_not_matter() -> None:
    """Shuffled rows keep all facts."""
    rows = random.Random(3).sample(GREP, len(GREP))
    assert all(find_facts(GREP_FACTS, ENCODINGS["minified"](rows)))


@pytest.mark.parametrize("encode", [as_csv, as_toon, ENCODINGS["minified"], ENCODINGS["pretty"]])
@pytest.mark.parametrize("column", ["line", "match", "file"])
def test_values_swapped_between_neighbouring_rows_are_lost_facts(encode: Any, column: str) -> None:
    """A value that moved to the next row makes both rows' facts false, near as the true one still is."""
    for at in range(0, len(GREP) - 1, 7):
        rows = [dict(row) for row in GREP]
        rows[at][column], rows[at + 1][column] = rows[at + 1][column], rows[at][column]
        assert rows[at][column] != rows[at + 1][column]
        found = find_facts(GREP_FACTS, encode(rows))
        assert [n for n, there in enumerate(found) if not there] == [at, at + 1]


@pytest.mark.parametrize("encode", [ENCODINGS["minified"], ENCODINGS["pretty"], ENCODINGS["yaml"]])
@pytest.mark.parametrize("group", ["dependencies", "devDependencies"])
def test_versions_swapped_between_packages_are_lost_facts(encode: Any, group: str) -> None:
    """Every pair of neighbouring packages whose versions are swapped loses exactly these two facts."""
    names = list(PACKAGE[group])
    for first, second in pairwise(names):
        versions = PACKAGE[group] | {first: PACKAGE[group][second], second: PACKAGE[group][first]}
        found = find_facts(PACKAGE_FACTS, encode(PACKAGE | {group: versions}))
        lost = [fact[0] for fact, there in zip(PACKAGE_FACTS, found, strict=True) if not there]
        assert sorted(lost) == sorted([first, second])


def package_without(fact: list[str]) -> dict[str, Any]:
    """PACKAGE without the item that this fact is about."""
    out = json.loads(json.dumps(PACKAGE))
    for group in ("dependencies", "devDependencies", "scripts", "engines"):
        if out[group].get(fact[0]) == fact[-1]:
            del out[group][fact[0]]
            return dict(out)
    out["files"].remove(fact[0])
    return dict(out)


@pytest.mark.parametrize("encode", [ENCODINGS["minified"], ENCODINGS["pretty"]])
def test_a_package_fact_goes_with_its_item_and_alone(encode: Any) -> None:
    """Removing one dependency, file, script or engine loses that fact and no other."""
    for n, fact in enumerate(PACKAGE_FACTS):
        found = find_facts(PACKAGE_FACTS, encode(package_without(fact)))
        assert [i for i, there in enumerate(found) if not there] == [n], fact


@pytest.mark.parametrize("encode", [ENCODINGS["minified"], as_csv])
def test_a_search_fact_goes_with_its_match_and_alone(encode: Any) -> None:
    """Removing one match loses its fact and no other."""
    for n in range(len(GREP)):
        found = find_facts(GREP_FACTS, encode(GREP[:n] + GREP[n + 1 :]))
        assert [i for i, there in enumerate(found) if not there] == [n]


def test_a_changed_or_emptied_value_is_a_lost_fact() -> None:
    """A foreign value in the place of the true one is no match, though the next row's is near."""
    for value in ("^9.9.9", "", None):
        versions = PACKAGE["dependencies"] | {"lodash": value}
        found = find_facts(PACKAGE_FACTS, json.dumps(PACKAGE | {"dependencies": versions}))
        assert [f for f, there in zip(PACKAGE_FACTS, found, strict=True) if not there] == [
            ["lodash", "^1.1.10"]
        ]


def test_keys_without_values_keep_nothing() -> None:
    """A list of names with their number is not the names with their versions."""
    text = f"dependencies: {', '.join(PACKAGE['dependencies'])} (26 packages); versions: ^1.1.10 ^1.2.17"
    assert not any(find_facts([fact for fact in PACKAGE_FACTS if fact[-1].startswith("^")], text))
    assert not any(find_facts(GREP_FACTS, '["[object Object] (60 times)"]'))


@pytest.mark.parametrize(
    ("part", "text", "there"),
    [
        ("12", "3127", False),
        ("12", "line 12, column 3", True),
        ("12", "12", True),
        ("12", "3.12", False),
        ("12", "12.5", False),
        ("12", "It is 12.", True),
        ("12", "a12", False),
        ("12", "_12", False),
        ("12", "module12.js", False),
        ("12", "(12)", True),
        ("12", "12é", False),
        ("node", "node-cron", False),
        ("node", "my-node", False),
        ("node", "node - cron", True),
        ("Express", "my Express app", True),
        ("^1.0.3", '"express":"^1.0.3"', True),
        ("^1.0.3", '"express":"^1.0.30"', False),
        ("routes/", "routes/user.js", True),
        ("routes/", "subroutes/", False),
        ("src/module1.js", "src/module1.jsx", False),
        ("src/module1.js", "./src/module1.js", True),
    ],
)
def test_a_part_is_found_only_as_a_whole(part: str, text: str, there: bool) -> None:
    """Numbers within numbers and names within longer names are no matches."""
    assert find_facts([[part]], text) == [there]


def test_parts_must_be_in_order_and_near() -> None:
    """The reverse order, or a page in between, is no fact."""
    assert find_facts([["a.js", "12"]], "a.js:12") == [True]
    assert find_facts([["a.js", "12"]], "12 a.js") == [False]
    assert find_facts([["a.js", "12"]], "a.js" + " " * 120 + "12") == [True]
    assert find_facts([["a.js", "12"]], "a.js" + " " * 121 + "12") == [False]


def test_json_escapes_are_undone_and_other_text_is_not_touched() -> None:
    """Escapes of any JSON writer read alike, surrogate pairs too."""
    assert unescape(json.dumps('é — 🙂 \n\t"/')) == '"é — 🙂 \n\t"/"'
    assert unescape(r"\u00e9\/\\n") == "é/\n"
    assert unescape("plain €") == "plain €"
    assert unescape(r"C:\dir \x \ud83d") == "C:\\dir \\x \ufffd"


def test_forwarded_text_holds_system_messages_calls_and_results() -> None:
    """All that the model reads can be searched, on any wire."""
    function = {"name": "Read", "arguments": '{"path":"b.txt"}'}
    body = {
        "messages": [
            {"role": "system", "content": "alpha"},
            {"role": "user", "content": "beta"},
            {"role": "assistant", "tool_calls": [{"id": "x", "function": function}]},
            {"role": "tool", "tool_call_id": "x", "content": "gamma"},
        ]
    }
    text = forwarded_text(wires.read_request("chat", body))
    assert find_facts([["alpha"], ["beta"], ["b.txt"], ["gamma"], ["delta"]], text) == [True] * 4 + [False]


def test_searching_many_facts_in_a_long_text_takes_little_effort() -> None:
    """134 facts in 16 kB take a few ms, and a text full of look-alikes does not explode."""
    text = ENCODINGS["minified"](PACKAGE) + ENCODINGS["minified"](GREP)
    facts = PACKAGE_FACTS + GREP_FACTS
    assert find_facts(facts, text) == [True] * 134
    assert effort(lambda: find_facts(facts, text), tries=5) < 10
    apart, alike = [["express", "^1.0.3"], ["lodash", "^1.1.10"]], "express lodash " * 100_000
    assert find_facts(apart, alike) == [False, False]
    assert effort(lambda: find_facts(apart, alike), tries=1) < 1000


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("delta: 5", True),
        ("delta: -5", False),
        ('{"delta": -5}', False),
        ("delta=-5", False),
        ("delta | \u22125", False),
        ("delta was\n-5 at last", True),
        ("-delta 5", True),
        ("delta, 2-5", False),
        ("delta - 5", True),
    ],
)
def test_a_number_with_another_sign_is_another_number(text: str, kept: bool) -> None:
    """A hyphen at the beginning of a line is a bullet, or a patch's."""
    assert find_facts([("delta", "5")], text) == [kept]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("written", ["NFC", "NFD"])
def test_letters_are_the_same_in_both_of_unicodes_forms(form: Any, written: Any) -> None:
    """A gateway that composes letters, or takes them apart, changes nothing that is read."""
    fact = [unicodedata.normalize(form, part) for part in ("café", "Zürich")]
    assert find_facts([fact], unicodedata.normalize(written, "café: Zürich")) == [True]
