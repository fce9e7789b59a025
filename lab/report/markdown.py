"""Writes tables and code as Markdown in which text from records is inert."""

from __future__ import annotations

import re
from dataclasses import replace

from markupsafe import Markup

from lab.kit.section import Line, Section, Span, Words
from lab.kit.tables import Column, Fig, Table
from lab.kit.text import markdown as _escape
from lab.kit.text import visible


def inert(value: object) -> Markup:
    """Any value as inert Markdown; what already is Markdown of ours stays as it is."""
    return value if isinstance(value, Markup) else Markup(_escape(str(value)))  # noqa: S704 - escaped here


def table(t: Table) -> Markup:
    """A table as Markdown: caption, pipes, and numbered notes for missing figures."""
    heads = [_column(column) for column in t.columns]
    lines = [
        f"_{_escape(t.caption)}_",
        "",
        _line(heads),
        _line(["---:" if c.num else "---" for c in t.columns]),
    ]
    for row in t.rows:
        if row.span is not None:
            cells = [_fig(row.span), *[""] * (len(t.columns) - 2)]
        else:
            cells = [_fig(f) for f in row.cells]
        note = f" ({_escape(row.head.note)})" if row.head.note else ""
        href = row.page if row.head.href.startswith("#") else row.head.href or row.page
        lines.append(_line([f"**{_fig(replace(row.head, note='', href=href))}**{note}", *cells]))
    if t.notes:
        lines += ["", *(f"{number}. {_escape(note)}" for number, note in enumerate(t.notes, 1))]
    return Markup("\n".join(lines))  # noqa: S704 - every part was escaped above


def _column(column: Column) -> str:
    title = _escape(column.title)
    title = f"[{title}]({column.page})" if column.page else title
    return f"{title} ({_escape(column.unit)})" if column.unit else title


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _fig(fig: Fig) -> str:
    text = _escape(fig.text)
    if fig.href and not fig.href.startswith("#"):
        text = f"[{text}]({fig.href})"
    head = f"{fig.sign} {text}" if fig.sign else text
    note = f" ({_escape(fig.note)})" if fig.note else ""
    ref = f" [{fig.ref}]" if fig.ref else ""
    return f"{head}{note}{ref}"


def heading(section: Section, level: int) -> Markup:
    """A section's heading, with the verdict on it."""
    sign = f"{section.sign} " if section.sign else ""
    return Markup(f"{'#' * level} {sign}{_escape(section.title)}{verdict(section)}")  # noqa: S704 - escaped


def verdict(section: Section) -> Markup:
    """What stands beside a section's title."""
    if section.verdict is None:
        return Markup()
    return Markup(f": {_escape(section.verdict.words)}")  # noqa: S704 - escaped


def words(text: Words) -> Markup:
    """A text, or a line of spans; links within the page are left to HTML."""
    spans = text.spans if isinstance(text, Line) else (text,)
    return Markup("".join(map(_span, spans)).strip())  # noqa: S704 - every part was escaped


def _span(span: str | Span) -> str:
    if isinstance(span, str):
        start, end = (" " if span[:1].isspace() else ""), (" " if span[-1:].isspace() else "")
        return f"{start}{_escape(span)}{end}" if span.strip() else " "
    text = _escape(span.text)
    if span.href and not span.href.startswith("#"):
        text = f"[{text}]({span.href})"
    sign = f"{span.sign} " if span.sign else ""
    if span.look == "badge":
        return f"**{sign}{text}**"
    return f"{sign}**{text}**" if span.look == "strong" else f"{sign}{text}"


def code(text: str, language: str = "") -> Markup:
    """A fenced block whose fence is longer than any run of backticks in the text."""
    shown = visible(text)
    longest = max((len(run) for run in re.findall(r"`+", shown)), default=0)
    fence = "`" * max(3, longest + 1)
    return Markup(f"{fence}{language}\n{shown}\n{fence}")  # noqa: S704 - a fence that the text cannot close
