"""A folder of the user's own prompts becomes a suite; what is wrong with it is said by file and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.errors import ConfigError
from lab.loading.configs import load_suites
from lab.loading.own_prompts import load_folder, prompt_files, suite_name
from lab.run.manifest import OWN_PROMPTS, config_hashes
from tests.paths import ROOT

UNIVERSAL = {
    *("answered", "provenance", "answer_text_kept", "request_accepted", "no_duplicate_calls"),
    *("usage_honest", "output_usage_honest", "usage_details_kept", "stop_reason_kept", "answer_parts_kept"),
    *("content_added", "conversations_apart"),
}


def folder_of(tmp_path: Path, **files: str | bytes) -> Path:
    """A folder `my prompts` with these files; `__` in a name stands for its dot."""
    folder = tmp_path / "my prompts"
    folder.mkdir()
    for name, text in files.items():
        path = folder / name.replace("__", ".")
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    return folder


def test_texts_are_prompts_word_for_word_judged_by_the_universal_checks(tmp_path: Path) -> None:
    """Names become ids and titles; any tier is accepted; only the editor's last newline is cut off."""
    folder = folder_of(tmp_path, two_lines__md="# One\n\n  two  lines\n", a__txt="\ufeffWhat is 1 + 1?")
    suite = load_folder(ROOT, folder)
    assert (suite.suite, suite.title, suite.nonce) == ("my-prompts", "Own prompts in my prompts", False)
    one, two = suite.scenarios
    assert [one.id, one.title, two.id, two.title] == ["a", "a", "two-lines", "two lines"]
    assert one.messages == [{"role": "user", "content": "What is 1 + 1?"}]
    assert two.messages == [{"role": "user", "content": "# One\n\n  two  lines"}]
    assert (one.acceptable_tiers, one.nonce, set(one.checks)) == ([], False, UNIVERSAL)
    assert suite.classes == {one.class_: "Own prompts"}


def test_yaml_holds_a_prompt_or_a_whole_scenario(tmp_path: Path) -> None:
    """What it says of tiers, facts and tools is judged; its perturbations go to passes of their own."""
    folder = folder_of(
        tmp_path,
        short__yaml="""
prompt: Name a colour.
acceptable_tiers: [SIMPLE]
perturbations: [A colour please., "Colour?"]
""",
        long__yml="""
title: A whole one
class: Billing
max_tokens: 77
tools: [{name: Read, input_schema: {type: object}}]
tools_needed: [Read]
facts: [{parts: [invoice]}]
messages: [{role: user, content: {fixture: data/invoice.txt}}]
""",
    )
    (folder / "data").mkdir()
    (folder / "data" / "invoice.txt").write_text("the invoice", encoding="utf-8")
    suite = load_folder(ROOT, folder)
    whole, short, first, second = suite.scenarios
    assert (whole.title, whole.max_tokens) == ("A whole one", 77)
    assert suite.classes[whole.class_] == "Billing"
    assert whole.messages[0]["content"] == "the invoice"
    assert set(whole.checks) == {*UNIVERSAL, "facts_kept", "tools_kept"}
    assert set(short.checks) == {*UNIVERSAL, "tier_acceptable", "tier_claim_true"}
    assert short.tiers_why == "short.yaml says so"
    assert [(one.id, one.in_pass, one.messages[0]["content"]) for one in (first, second)] == [
        ("short-p1", 1, "A colour please."),
        ("short-p2", 2, "Colour?"),
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("My Prompts!", "my-prompts"),
        ("core", "own-core"),
        ("all", "own-all"),
        ("2026 set", "own-2026-set"),
        ("Prüfung", "prufung"),
        ("提示", "prompts"),
        ("x" * 60, "x" * 36),
    ],
)
def test_a_suite_is_named_after_its_folder(tmp_path: Path, name: str, expected: str) -> None:
    """Cleaned, and with own- before it where a suite of the lab has that name, or it is none."""
    assert suite_name(tmp_path / name, ["core", "routing"]) == expected


@pytest.mark.parametrize(
    ("file_name", "scenario_id"),
    [("02 Prove it.txt", "P-02-Prove-it"), ("é_v2.txt", "e-v2"), ("y" * 60 + ".txt", "y" * 37)],
)
def test_any_file_name_makes_an_id(tmp_path: Path, file_name: str, scenario_id: str) -> None:
    """Ids take letters, digits and hyphens, and leave room for the perturbations'."""
    folder = folder_of(tmp_path, **{file_name: "A prompt."})
    assert [scenario.id for scenario in load_folder(ROOT, folder).scenarios] == [scenario_id]


def refused(folder: Path) -> str:
    """What is said of a folder that cannot be a suite, with the next steps."""
    with pytest.raises(ConfigError) as caught:
        load_folder(ROOT, folder, load_suites(ROOT, ["core"]))
    assert caught.value.next_step
    return str(caught.value)


@pytest.mark.parametrize(
    ("files", "parts"),
    [
        ({}, ("there are no prompts in this folder", "one per file")),
        ({"a__txt": " \n"}, ("a.txt: this prompt is empty",)),
        ({"a__txt": b"\xff\xfe"}, ("a.txt: cannot be read", "UTF-8")),
        ({"a__pdf": "x"}, ("a.pdf: a prompt is a .txt, .md or .yaml file", "subfolder")),
        ({"提示__txt": "x"}, ("提示.txt: no id can be made from this name",)),
        ({"a__yaml": "just text"}, ("a.yaml:1: should be keys with values", "write prompt:")),
        ({"a__yaml": "prompt: [\n"}, ("a.yaml:2: not valid YAML",)),
        ({"a__yaml": "title: x\npromt: y"}, ("a.yaml:2: promt: unknown key", "did you mean prompt?")),
        ({"a__yaml": "title: x"}, ("a.yaml:1: there is neither prompt nor messages",)),
        ({"a__yaml": "prompt: ''"}, ("a.yaml:1: prompt: this prompt is empty",)),
        (
            {"a__yaml": "prompt: x\nmessages: [{role: user, content: y}]"},
            ("a.yaml:2: messages: there is a prompt too",),
        ),
        (
            {"a__yaml": "messages: [{role: assistant, content: y}]"},
            ("a.yaml:1: messages: no message is the user's",),
        ),
        (
            {"a__yaml": "prompt: x\nacceptable_tiers: [SIMPEL]"},
            ("a.yaml:2: acceptable_tiers.0:", "did you mean SIMPLE?"),
        ),
        (
            {"a__yaml": "prompt: x\ntools_needed: [Read]"},
            ("a.yaml:2: tools_needed.0: Read is not among the tools",),
        ),
        ({"a__yaml": "prompt: x\nchecks: [answerd]"}, ("a.yaml:2: checks.0: there is no check answerd",)),
        ({"a__yaml": 'prompt: "\\ud83d"'}, ("a.yaml:1: prompt:",)),
        ({"a__yaml": 'messages: [{role: user, content: "\\ud83d"}]'}, ("messages.0.content: ", "half")),
        ({"a__yaml": "prompt: x\nparams: {day: 2026-01-31}"}, ("a.yaml:2: params.day: JSON cannot hold",)),
        ({"a__yaml": "prompt: x\nheaders: {x-a: né}"}, ("a.yaml:2: headers.x-a: a header's value",)),
        (
            {"a__yaml": "messages: [{role: user, content: {fixture: gone.txt}}]"},
            ("messages.0.content: there is no file", "gone.txt"),
        ),
        ({"a__yaml": "prompt: x\nof: b\nrelation: session"}, ("a.yaml: of: there is no prompt b",)),
        (
            {"a__yaml": "prompt: x\nrelation: session"},
            ("a.yaml: relation: it names no prompt it relates to",),
        ),
        ({"a__txt": "x", "a__md": "y"}, ("a.md has a prompt with the id a too", "rename the file")),
        (
            {"a-p1__txt": "x", "a__yaml": "prompt: x\nperturbations: [y]"},
            ("a.yaml:", "a-p1.txt has a prompt with the id a-p1 too"),
        ),
        (
            {"a__yaml": "prompt: x\nsequence: s\nforeign: [wombat]", "b__yaml": "prompt: y\nsequence: s"},
            ("a.yaml:3: foreign.0: wombat is in no other scenario of the sequence", "take a word of"),
        ),
        ({"a__yaml": "prompt: wombat\nforeign: [wombat]"}, ("foreign.0: wombat is in the scenario itself",)),
        ({"S1__txt": "x"}, ("S1.txt: suite core has a prompt with the id S1 too", "rename the file")),
    ],
)
def test_what_is_wrong_is_named_with_file_key_and_next_step(
    tmp_path: Path, files: dict[str, str | bytes], parts: tuple[str, ...]
) -> None:
    """Nothing is skipped in silence: a prompt that cannot be asked stops the run before it begins."""
    message = refused(folder_of(tmp_path, **files))
    for part in parts:
        assert part in message


def test_all_files_errors_are_said_at_once(tmp_path: Path) -> None:
    """Nobody wants to run it twenty times to correct twenty files."""
    message = refused(folder_of(tmp_path, a__txt="", b__yaml="promt: x", c__txt="fine"))
    assert "a.txt: this prompt is empty" in message
    assert "b.yaml:1: promt: unknown key" in message


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    """A file, or nothing at all."""
    assert "there is no such folder" in refused(tmp_path / "gone")
    (tmp_path / "file").write_text("x", encoding="utf-8")
    assert "this is a file" in refused(tmp_path / "file")


def test_hidden_files_and_subfolders_are_left_alone(tmp_path: Path) -> None:
    """Editors, systems and fixtures put them there."""
    folder = folder_of(tmp_path, a__txt="x", __DS_Store="junk")
    (folder / ".git").mkdir()
    (folder / "data").mkdir()
    (folder / "data" / "b.txt").write_text("not a prompt", encoding="utf-8")
    assert [scenario.id for scenario in load_folder(ROOT, folder).scenarios] == ["a"]


def test_a_link_to_nowhere_is_not_skipped(tmp_path: Path) -> None:
    """A prompt that went missing would leave the set without a word."""
    folder = folder_of(tmp_path, a__txt="x")
    (folder / "b.txt").symlink_to(tmp_path / "gone")
    assert "b.txt: cannot be read" in refused(folder)


def test_a_change_of_a_prompt_or_its_fixture_changes_the_hashes_and_nothing_else_does(tmp_path: Path) -> None:
    """By these a resumed run knows that it asks the same; reports may lie in the folder too."""
    text = "messages: [{role: user, content: {fixture: data/x.txt}}]"
    folder = folder_of(tmp_path, a__txt="x", b__yaml=text)
    (folder / "data").mkdir()
    (folder / "data" / "x.txt").write_text("one", encoding="utf-8")
    assert list(prompt_files(folder)) == ["a.txt", "b.yaml", "data/x.txt"]
    before = config_hashes(ROOT, folder)
    assert {name for name in before if name.startswith(OWN_PROMPTS)} == {
        f"{OWN_PROMPTS}a.txt",
        f"{OWN_PROMPTS}b.yaml",
        f"{OWN_PROMPTS}data/x.txt",
    }
    (folder / "reports").mkdir()
    (folder / "reports" / "report.md").write_text("a report", encoding="utf-8")
    assert config_hashes(ROOT, folder) == before
    (folder / "data" / "x.txt").write_text("two", encoding="utf-8")
    after = config_hashes(ROOT, folder)
    assert {name for name in before if before[name] != after[name]} == {f"{OWN_PROMPTS}data/x.txt"}
