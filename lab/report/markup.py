"""Writes tables as HTML in which every text is escaped; in Python, as large runs have 100,000 figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from markupsafe import Markup

from lab.kit.section import Line, Span, Words
from lab.kit.tables import Column, Fig, Row, Table
from lab.kit.text import visible
from lab.report.diff import Diff, Segment
from lab.report.diff import Row as DiffRow

SHORT = 22
DENSE_COLUMNS = 8
SIGNS = {"same": "", "change": "~", "removed": "\N{MINUS SIGN}", "added": "+"}


def escape(text: str) -> str:
    """The text as inert HTML with its control characters made visible."""
    safe = visible(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return safe.replace("'", "&#39;").replace('"', "&#34;")  # as markupsafe does, in half the time


def figure(fig: Fig, table: str = "", *, tab_stop: bool = False) -> Markup:
    """A figure: sign, text (a link where it has evidence), the reason's number, and the smaller note.

    Only a row's heading is a tab stop where the other figures of the row lead to the same page.
    """
    return Markup(_figure(fig, table, tab_stop))  # noqa: S704 - every text in it was escaped


def _figure(fig: Fig, table: str, tab_stop: bool, page: str = "") -> str:
    tone = f' class="{fig.tone}"' if fig.tone else ""
    text = escape(fig.text)
    stop = "" if tab_stop else ' tabindex="-1"'
    if fig.href:
        text = f'<a href="{escape(fig.href)}"{stop}{tone}>{text}</a>'
    elif page:
        text = f'<a href="{escape(page)}"{stop} class="{f"sum {fig.tone}".rstrip()}">{text}</a>'
    elif fig.tone:
        text = f"<span{tone}>{text}</span>"
    if fig.sign:
        text = f'<span class="sign {fig.tone}" aria-hidden="true">{escape(fig.sign)}</span> {text}'
    if fig.ref and table:
        text += f'<sup><a href="#{escape(table)}-note-{fig.ref}" tabindex="-1" aria-label="reason {fig.ref}">'
        text += f"{fig.ref}</a></sup>"
    if len(fig.text) < SHORT:
        text = f'<span class="nb">{text}</span>'
    return f'{text}<small class="soft">{escape(fig.note)}</small>' if fig.note else text


def words(text: Words) -> Markup:
    """A text, or a line of spans: what is strong, code, a badge or a link."""
    spans = text.spans if isinstance(text, Line) else (text,)
    return Markup("".join(map(_span, spans)))  # noqa: S704 - every text in it was escaped


def _span(span: str | Span) -> str:
    if isinstance(span, str):
        return escape(span)
    text = escape(span.text)
    if span.look == "badge":
        sign = f'<span aria-hidden="true">{escape(span.sign)}</span>'
        return f'<span class="badge {span.tone}">{sign} {text}</span>'
    if span.look == "soft":
        text = f'<span class="soft">{text}</span>'
    elif span.look:
        text = f"<{span.look}>{text}</{span.look}>"
    if span.href:
        text = f'<a href="{escape(span.href)}">{text}</a>'
    if span.sign:
        text = f'<span class="sign {span.tone}" aria-hidden="true">{escape(span.sign)}</span> {text}'
    return text


def table(t: Table) -> Markup:
    """A table in a region that scrolls and can be focused, with its caption, headings and numbered notes."""
    return Markup("\n".join(_table(t)))  # noqa: S704 - every text in it was escaped


def _table(t: Table) -> Iterator[str]:
    name = escape(t.id)
    look = "cards" if t.cards else "dense" if len(t.columns) > DENSE_COLUMNS else "plain-table"
    if t.grid:
        look = "dense grid"
    yield f'<div class="scroll" role="region" aria-labelledby="{name}-caption" tabindex="0">'
    yield f'<table id="{name}" class="{look}"{_role("table", t)}>'
    yield f'<caption id="{name}-caption"><span>{escape(t.caption)}</span></caption>'
    heads = "".join(_head(column, t) for column in t.columns)
    yield f"<thead{_role('rowgroup', t)}><tr{_role('row', t)}>{heads}</tr></thead>"
    yield f"<tbody{_role('rowgroup', t)}>"
    for row in t.rows:
        yield _row(row, t)
    yield "</tbody></table></div>"
    if t.notes:
        yield '<ol class="notes small" aria-label="Reasons for missing figures">'
        for number, note in enumerate(t.notes, 1):
            yield f'<li id="{name}-note-{number}">{escape(note)}</li>'
        yield "</ol>"


def _role(role: str, t: Table) -> str:
    """Roles are stated where the style sheet turns a table into cards, which would take them away."""
    return f' role="{role}"' if t.cards else ""


def _head(column: Column, t: Table) -> str:
    css = ' class="num"' if column.num else ""
    unit = f"<small>{escape(column.unit)}</small>" if column.unit else ""
    title = escape(column.title)
    if column.page:
        title = f'<a href="{escape(column.page)}">{title}</a>'
    return f'<th scope="col"{_role("columnheader", t)}{css}>{title}{unit}</th>'


def _row(row: Row, t: Table) -> str:
    css = ' class="control"' if row.control else ""
    css += f' id="{escape(row.anchor)}"' if row.anchor else ""
    head = f'<th scope="row"{_role("rowheader", t)}>{_figure(row.head, t.id, tab_stop=True)}</th>'
    return f"<tr{_role('row', t)}{css}>{head}{''.join(_cells(row, t))}</tr>"


def _cells(row: Row, t: Table) -> Iterator[str]:
    """The row's cells; the evidence that they share is one tab stop, unless the heading leads there."""
    stop = row.page != row.head.href
    if row.span is not None:
        span = f' colspan="{len(t.columns) - 1}"'
        text = _figure(row.span, t.id, tab_stop=stop and not row.span.href, page=row.page)
        yield f"<td{_role('cell', t)}{span}>{text}</td>"
        return
    for fig, column in zip(row.cells, t.columns[1:], strict=True):
        page = "" if fig.href or not _is_figure(fig) else row.page or column.page
        first = bool(page) and page == row.page and stop
        stop = stop and not first
        yield _cell(fig, column, t, page, tab_stop=first or (t.grid and bool(fig.href)))


def _is_figure(fig: Fig) -> bool:
    """Whether this is a number or a word: no sentence, and nothing that has a reason in its place."""
    return fig.tone != "missing" and (len(fig.text) < SHORT or any(map(str.isdigit, fig.text[:2])))


def _cell(fig: Fig, column: Column, t: Table, page: str, *, tab_stop: bool) -> str:
    css = ' class="num"' if column.num else ""
    body = _figure(fig, t.id, tab_stop, page)
    if t.cards:
        return f'<td role="cell"{css} data-label="{escape(column.title)}"><div>{body}</div></td>'
    return f"<td{css}>{body}</td>"


def diff_rows(diff: Diff) -> Markup:
    """The rows of a comparison; what differs within a line is marked."""
    return Markup("\n".join(map(_diff_row, diff.rows)))  # noqa: S704 - every text in it was escaped


def _diff_row(row: DiffRow) -> str:
    if row.kind in {"gap", "cut"}:
        what = "equal" if row.kind == "gap" else "more differing"
        return (
            f'<tr class="gap"><td></td><td colspan="2">{row.skipped:,} {what} lines are not shown</td></tr>'
        )
    left, right = _side(row.left, "del"), _side(row.right, "ins")
    return f'<tr class="{row.kind}"><td>{SIGNS[row.kind]}</td><td>{left}</td><td>{right}</td></tr>'


def _side(segments: Iterable[Segment], tag: str) -> str:
    return "".join(
        f"<{tag}>{escape(segment.text)}</{tag}>" if segment.changed else escape(segment.text)
        for segment in segments
    )
