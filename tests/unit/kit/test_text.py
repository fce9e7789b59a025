"""Hostile text is made harmless before it is shown anywhere."""

from __future__ import annotations

import pytest
from rich.console import Console
from rich.markdown import Markdown

from lab.kit import numbers
from lab.kit.text import file_name, markdown, one_line, visible
from lab.report.markdown import code, inert


def test_terminal_escapes_and_direction_marks_become_visible() -> None:
    """No control, bidirectional, zero-width or unpaired character survives."""
    shown = visible("a\x1b[31mred\x00\x7f\x9b \u202egnitset \u200b\ud800 b")
    assert (
        shown
        == "a␛[31mred␀␡\u2039U+009B\u203a \u2039U+202E\u203agnitset \u2039U+200B\u203a\u2039U+D800\u203a b"
    )
    shown.encode("utf-8")


def test_ordinary_text_of_any_script_stays_as_it_is() -> None:
    """Letters, line ends and tabs are not touched."""
    assert visible("naïve 日本語 🙂\n\tindented") == "naïve 日本語 🙂\n\tindented"


def test_one_line_says_how_much_it_leaves_out() -> None:
    """A cut is never silent."""
    assert one_line("a\nb   c") == "a b c"
    assert one_line("x" * 310, 300) == "x" * 300 + "… (10 more characters)"


@pytest.mark.parametrize(
    ("hostile", "inert_text"),
    [
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("a | b", "a \\| b"),
        ("[x](javascript:alert(1))", "\\[x\\](javascript\\:alert(1))"),
        ("![x](http://evil.example/p.png)", "!\\[x\\](http\\://evil.example/p.png)"),
        ("www.evil.example", "www\\.evil.example"),
        ("me@evil.example", "me\\@evil.example"),
        ("`code` *bold* _it_ ~~no~~", "\\`code\\` \\*bold\\* \\_it\\_ \\~\\~no\\~\\~"),
        ("# heading", "\\# heading"),
        ("- item", "\\- item"),
        ("1. item", "1\\. item"),
        ("two\n\n# lines", "two # lines"),
        ("$x$ &amp; \\", "\\$x\\$ &amp;amp; \\\\"),
    ],
)
def test_markdown_from_records_is_inert(hostile: str, inert_text: str) -> None:
    """HTML, links, images, emphasis, tables and blocks are all escaped."""
    assert markdown(hostile) == inert_text


@pytest.mark.parametrize(
    "hostile", ["# h", "- i", "1. n", "> q", "*b* `c` [l](http://e.x) <b>", "+ p", "a\\|b"]
)
def test_a_markdown_reader_sees_escaped_text_literally(hostile: str) -> None:
    """A real Markdown parser reads the escaped form back as the very same characters."""
    console = Console(width=200, no_color=True, record=True, file=None)
    with console.capture() as capture:
        console.print(Markdown(f"before {markdown(hostile)}"))
        console.print(Markdown(markdown(hostile)))
    lines = [line.strip() for line in capture.get().splitlines() if line.strip()]
    assert lines == [f"before {hostile}", hostile]


def test_markdown_of_ours_is_not_escaped_twice() -> None:
    """What was made Markdown once stays as it is."""
    assert inert(inert("a|b")) == "a\\|b"


def test_a_fence_cannot_be_closed_from_inside() -> None:
    """The fence around code is longer than any run of backticks in it."""
    assert code("a ```` b", "sh").splitlines() == ["`````sh", "a ```` b", "`````"]


def test_file_names_cannot_leave_their_folder() -> None:
    """Separators, dots and long names are replaced, and different parts never collide."""
    assert file_name("litellm", "L1-seed") == "litellm--L1-seed"
    names = {
        file_name("../../etc", "passwd"),
        file_name("..", "..etc/passwd"),
        file_name("a/b", "c"),
        file_name("a", "b/c"),
    }
    assert len(names) == 4
    assert not any("/" in name or name.startswith(".") for name in names)
    assert len(file_name("v" * 500, "s")) < 130


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (numbers.tokens(1234), "1,234"),
        (numbers.tokens(56.5), "56.5"),
        (numbers.percent(0), "0%"),
        (numbers.percent(0.01), "+<0.1%"),
        (numbers.percent(-100), "\u2212100%"),
        (numbers.percent(110.83), "+111%"),
        (numbers.percent(-87.64), "\u221287.6%"),
        (numbers.percent(1284.3), "+1,284%"),
        (numbers.usd(0), "0.000000"),
        (numbers.usd(0.0000001), "<0.000001"),
        (numbers.usd(-0.0123456), "\u22120.012346"),
        (numbers.usd_round(1234.567), "1,234.57"),
        (numbers.usd_round(0.001), "<0.01"),
        (numbers.signed_usd_round(-3.5), "\u22123.50"),
        (numbers.ms(0.8412), "0.84"),
        (numbers.ms(12.34), "12.3"),
        (numbers.ms(1204.4), "1,204"),
        (numbers.signed_ms(-1.5), "\u22121.50"),
        (numbers.share(3, 1200), "3 of 1,200"),
        (numbers.size(512), "512 B"),
        (numbers.size(10_000_000), "10.0 MB"),
    ],
)
def test_figures_are_formatted_the_same_everywhere(shown: str, expected: str) -> None:
    """Tokens, percent, USD and milliseconds keep their digits, signs and separators."""
    assert shown == expected


def test_a_change_from_nothing_has_no_ratio() -> None:
    """Growth from 0 is not a percentage, and no change is 0."""
    assert numbers.change(5, 0) is None
    assert numbers.change(0, 0) == 0
    assert numbers.change(150, 100) == 50
