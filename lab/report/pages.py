"""Lays views out with the templates: autoescape everywhere, no page asks for anything else."""

from __future__ import annotations

import re
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from lab.kit.anchors import EVIDENCE
from lab.kit.section import Section
from lab.kit.shapes import Chart, n
from lab.kit.text import visible
from lab.report import markdown, markup
from lab.report.evidence import Page
from lab.report.evidence_file import EvidenceFile
from lab.report.exchanges import VariantPage
from lab.report.layout import sheet
from lab.report.sections import ReportView

MARKDOWN = ("code", "heading", "table", "verdict", "words")

# In a link of ours; no text of records can be one, as its quotes and brackets are escaped.
HTML_LINK = re.compile(rf'(?<= href=")((?:\.\./)?){re.escape(EVIDENCE)}#([\w.-]+)(?=")')
MARKDOWN_LINK = re.compile(rf"(?<=[^\\]\]\(){re.escape(EVIDENCE)}#([\w.-]+)(?=\))")


def _shown(value: object) -> object:
    """Text with its control characters made visible; markup of ours passes as it is."""
    return visible(value) if type(value) is str else value


@cache
def _html() -> Environment:
    environment = Environment(
        loader=PackageLoader("lab.report"),
        autoescape=True,
        finalize=_shown,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
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
    environment = Environment(
        loader=PackageLoader("lab.report"),
        autoescape=True,
        finalize=markdown.inert,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    environment.globals |= {name: getattr(markdown, name) for name in MARKDOWN}
    return environment


@cache
def _template(name: str) -> Template:
    return (_markdown() if name.endswith(".md.j2") else _html()).get_template(name)


def report_html(view: ReportView) -> str:
    """The report as one self-contained HTML file."""
    return _template("report.html.j2").render(r=view)


def report_markdown(view: ReportView) -> str:
    """The report as Markdown that shows charts/*.svg."""
    return _template("report.md.j2").render(r=view)


def section_markdown(view: ReportView, section: Section) -> str:
    """The parts of a section that Markdown has in a file of their own."""
    return _template("more.md.j2").render(r=view, s=section)


def cell_html(page: Page) -> str:
    """The evidence of one cell, as evidence.html shows it."""
    return _template("cell.html.j2").render(p=page, home="")


def cell_page_html(page: Page) -> str:
    """The evidence of one cell as a plain page in evidence/."""
    return _template("cell_page.html.j2").render(p=page, home="../")


def evidence_html(file: EvidenceFile) -> str:
    """The evidence of all cells in one file."""
    return _template("evidence.html.j2").render(e=file)


def variant_html(page: VariantPage) -> str:
    """The page with all exchanges of a variant."""
    return _template("variant.html.j2").render(p=page)


def chart_svg(chart: Chart) -> str:
    """A chart as a file of its own, on a light ground."""
    return _template("chart_file.svg.j2").render(c=sheet(chart))


def html_to_plain_evidence(html: str) -> str:
    """A page of which every link to evidence leads to the plain page of the cell."""
    return HTML_LINK.sub(lambda found: f"{'' if found[1] else 'evidence/'}{found[2]}.html", html)


def markdown_to_plain_evidence(text: str) -> str:
    """Markdown of which every link to evidence leads to the plain page of the cell."""
    return MARKDOWN_LINK.sub(r"evidence/\1.html", text)
