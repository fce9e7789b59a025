"""Lays views out with the templates: autoescape everywhere, no page asks for anything else."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from importlib.resources import files

import deflate
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from lab.kit.anchors import EVIDENCE
from lab.kit.shapes import Chart, n
from lab.kit.text import visible
from lab.report import markdown, markup

# Of the evidence in one file: so much text is compressed together; a browser unpacks that in some 20 ms.
GROUP_CHARS = 1_000_000
LEVEL = 9
# Of a chart file, in SVG user units.
COLUMNS = 3
MARGIN = 16.0
GAP = 28.0

# In a link of ours; no text of records can be one, as its quotes and brackets are escaped.
HTML_LINK = re.compile(rf'(?<= href="){re.escape(EVIDENCE)}#([\w.-]+)(?=")')
REPORT_LINK = re.compile(r'(?<= href=")(?=report\.html)')
MARKDOWN_LINK = re.compile(rf"(?<=[^\\]\]\(){re.escape(EVIDENCE)}#([\w.-]+)(?=\))")


def _shown(value: object) -> object:
    """Text with its control characters made visible; markup of ours passes as it is."""
    return visible(value) if type(value) is str else value


def _environment(finalize: Callable[[object], object]) -> Environment:
    return Environment(
        loader=PackageLoader("lab.report"),
        autoescape=True,
        finalize=finalize,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )


@cache
def _html() -> Environment:
    environment = _environment(_shown)
    environment.filters["n"] = n
    environment.globals |= {
        "diff_rows": markup.diff_rows,
        "table": markup.table,
        "fig": markup.figure,
        "words": markup.words,
    }
    return environment


@cache
def _markdown() -> Environment:
    """Markdown: every value is escaped by `finalize`, so a template cannot forget to."""
    environment = _environment(markdown.inert)
    environment.globals |= {
        "code": markdown.code,
        "heading": markdown.heading,
        "table": markdown.table,
        "verdict": markdown.verdict,
        "words": markdown.words,
    }
    return environment


def laid_out(template: str, **given: object) -> str:
    """What a template makes of what it is given: the report, a file of it, or a page of evidence."""
    environment = _markdown() if template.endswith(".md.j2") else _html()
    return environment.get_template(template).render(given)


def plain_html(title: str, shown: str) -> str:
    """What evidence.html shows of a cell or a variant, as a plain page among those of all others."""
    body = REPORT_LINK.sub("../", HTML_LINK.sub(r"\1.html", shown))
    return laid_out("plain_page.html.j2", title=title, body=Markup(body))  # noqa: S704 - from a template


@dataclass(frozen=True, slots=True)
class Group:
    """Some pages, compressed: their names with spaces between, and the data in base64."""

    names: str
    data: str


@dataclass
class Groups:
    """Collects pages into groups of at least GROUP_CHARS; `redact` sees each group before it is compressed.

    The library that compresses them is locked, so that a report is the same on every machine. Within a group
    each line is kept once: pages of one scenario have most lines in common, further apart than the 32 kB over
    which the compression finds what repeats.
    """

    redact: Callable[[bytes], bytes]
    done: list[Group] = field(default_factory=list)
    _lines: dict[str, int] = field(default_factory=dict)
    _pages: dict[str, list[int]] = field(default_factory=dict)
    _about: str = ""
    _chars: int = 0

    def add(self, about: str, name: str, page: str) -> None:
        """Add a page; those about one scenario are given one after another."""
        if about != self._about and self._chars >= GROUP_CHARS:
            self.close()
        self._about = about
        self._chars += len(page)
        self._pages[name] = [self._lines.setdefault(line, len(self._lines)) for line in page.split("\n")]

    def close(self) -> None:
        """End the group that was begun, if there is one."""
        if self._pages:
            text = json.dumps({"lines": list(self._lines), "pages": self._pages}, separators=(",", ":"))
            packed = deflate.zlib_compress(self.redact(text.encode()), LEVEL)
            self.done.append(Group(" ".join(self._pages), base64.b64encode(packed).decode()))
        self._lines, self._pages, self._chars = {}, {}, 0


def evidence_html(run: str, groups: Groups, variants: tuple[tuple[str, str], ...]) -> str:
    """All evidence in one file; `variants` are the names of whole variants, and of what shows them."""
    groups.close()
    script, digest = _script()
    return laid_out(
        "evidence.html.j2",
        run=run,
        cells=sum(group.names.count(" ") + 1 for group in groups.done) - len(variants),
        groups=groups.done,
        variants=variants,
        script=script,
        script_hash=digest,
    )


@cache
def _script() -> tuple[Markup, str]:
    """The only script that the file's policy allows, and its hash."""
    text = (files("lab.report") / "templates" / "evidence.js").read_text("utf-8")
    digest = base64.b64encode(sha256(text.encode()).digest()).decode()
    return Markup(text), f"sha256-{digest}"  # noqa: S704 - a file of ours


def chart_svg(chart: Chart) -> str:
    """A chart as a file of its own on a light ground: its panels in rows, under its title and legend."""
    columns = min(COLUMNS, len(chart.panels)) or 1
    wide = max((panel.width for panel in chart.panels), default=340.0)
    top = 64.0 if chart.keys else 44.0
    panels = []
    for start in range(0, len(chart.panels), columns):
        row = chart.panels[start : start + columns]
        panels += [(MARGIN + i * (wide + GAP), top, panel) for i, panel in enumerate(row)]
        top += max(panel.height for panel in row) + GAP
    x = MARGIN
    keys = []
    for key in chart.keys:
        keys.append((x, key))
        x += 34 + 6.6 * len(key.text)
    width = max(2 * MARGIN + columns * wide + (columns - 1) * GAP, x)
    return laid_out("chart_file.svg.j2", c=chart, width=width, height=top, panels=panels, keys=keys)


def to_plain_evidence(name: str, text: str) -> str:
    """A file of which every link to evidence leads to the plain page."""
    link = MARKDOWN_LINK if name.endswith(".md") else HTML_LINK
    return link.sub(r"evidence/\1.html", text)
