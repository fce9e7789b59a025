"""How many scenarios pass in each form in which a run sends them: the client's wire, plain or streamed."""

from __future__ import annotations

from lab.kit.anchors import variant_head, variant_page
from lab.kit.tables import Col, Fig, Short, Table, col, missing, passed, table
from lab.results.models import Results, VariantRow
from lab.topics.verdicts.table import Verdicts

# What separates a suite's name from that of the form.
SEPARATOR = "."


def forms_table(results: Results, verdicts: Verdicts) -> Table | None:
    """One row per variant, one column per form, over all suites; None if there is but one form."""
    further = dict.fromkeys(form for row in verdicts.rows if (form := _form(row.suite)))
    if not further:
        return None

    def column(form: str) -> Col[VariantRow]:
        def fig(variant: VariantRow) -> Fig:
            rows = [r for r in verdicts.rows if r.variant == variant.name and _form(r.suite) == form]
            judged = sum(row.judged for row in rows)
            if not judged:
                return missing("none judged", f"{variant.name} answered nothing in this form")
            return passed(sum(row.passed for row in rows), judged, href=variant_page(variant.name))

        name = form or "first form"
        return col(name.replace("-", ", "), fig, console=Short(name, name))

    columns = (col("Variant", lambda row: variant_head(row.name)), *map(column, ("", *further)))
    caption = "Scenarios that pass in every repeat, of those judged, by the form in which they were sent."
    rows = [variant for variant in results.variants if variant.status == "measured"]
    return table("verdict-forms", caption, columns, rows, control=lambda row: row.kind == "control")


def _form(suite: str) -> str:
    return suite.partition(SEPARATOR)[2]
