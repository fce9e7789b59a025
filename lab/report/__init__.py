"""The report of a run: a view model, charts and templates for HTML, Markdown and evidence pages."""

from __future__ import annotations

from lab.report.render import ReportPaths, render

__all__ = ["ReportPaths", "render"]
