"""What the model got: first what was lost, then row by row what each wire keeps."""

from __future__ import annotations

from lab.kit import numbers
from lab.kit.anchors import variant_head
from lab.kit.cell_figs import evidence_link
from lab.kit.section import Block, Section
from lab.kit.tables import Col, Fig, Table, col, missing, num, passed, table
from lab.kit.text import one_line
from lab.results.models import Results
from lab.topics.model_input.table import Got, InputLoss, InputRow, ModelInputs

INTRO = (
    "A model server answers with 200 and may still leave out most of what it is asked. What counts here is "
    "the prompt that the model got, seen behind the server: in the trace log or the slots of a server "
    "that the lab started, or as the server renders its template, or by its stated tokens. None of it counts "
    "in a gateway's verdicts."
)
KINDS = {
    "whole_prompt": "Whole prompts",
    "turns": "Turns",
    "system": "System prompts",
    "roles": "Roles",
    "documents": "Documents",
    "images": "Pictures",
    "thinking": "Earlier thinking",
    "tool_names": "Tools",
    "tool_descriptions": "Tools' descriptions",
    "schema_words": "Words of tools' schemas",
    "tool_calls": "Earlier tool calls",
    "tool_results": "Tool results",
    "error_marks": "Marks of failed results",
    "forced_choice": "Calls that are demanded",
    "text_parts": "Parts of a text kept apart",
    "order": "Order within a turn",
    "choices": "Several answers",
    "stop": "Stop sequences",
    "max_tokens": "Limits of tokens",
    "response_format": "Forms of the answer",
    "ending": "Reasons of the end",
    "usage": "Stated tokens",
}
_CONTEXT = "a larger context: num_ctx in the model, or the server's own setting"
MENDS = {
    "whole_prompt": _CONTEXT,
    "turns": f"{_CONTEXT}; of a turn that is a tool call, a template that takes calls",
    "system": _CONTEXT,
}
SHOWN = 200
WAYS = {"trace": "the very prompt", "template": "template", "count": "stated tokens"}


def section(results: Results) -> Section | None:
    """The report's section on what models got; None if no model server answered."""
    inputs = results.table(ModelInputs)
    if inputs is None:
        return None
    blocks: list[Block] = [INTRO]
    if inputs.losses:
        blocks.append(Section("What did not reach the model", (losses_table(inputs),)))
    blocks.append(Section("What reached the model, by wire", (rows_table(inputs),)))
    return Section("What the model got", tuple(blocks), id="model-input")


def losses_table(inputs: ModelInputs) -> Table:
    """One row per variant and kind of loss, those of most calls first."""
    columns: tuple[Col[InputLoss], ...] = (
        col("Variant", lambda loss: variant_head(loss.variant)),
        col("What was lost", lambda loss: Fig(KINDS.get(loss.kind, loss.kind))),
        num("Lost", lambda loss: Fig(numbers.share(loss.lost, loss.of))),
        num("Scenarios", lambda loss: Fig(str(loss.scenarios))),
        col("For example", _example),
        col("Also without a gateway", _without),
        col("What mends it", _mend),
    )
    caption = "Things of each kind in all calls that a model server answered with success."
    return table("model-input-lost", caption, columns, inputs.losses)


def _example(loss: InputLoss) -> Fig:
    href = evidence_link(loss.variant, loss.scenario)
    return Fig(one_line(loss.scenario, 60), one_line(loss.what, SHOWN), href=href)


def _without(loss: InputLoss) -> Fig:
    if loss.also_without is None:
        return missing("none", "This is the model server's own row, or the run has none.")
    return Fig("yes" if loss.also_without else "no: see what the gateway adds")


def _mend(loss: InputLoss) -> Fig:
    if loss.kind in MENDS:
        return Fig(MENDS[loss.kind])
    return missing("none known", "No setting of the server is known that changes it.")


def rows_table(inputs: ModelInputs) -> Table:
    """One row per variant and pair of wires, with what each kept of every kind that any call has."""
    present = [kind for kind in KINDS if any(kind in row.kinds for row in inputs.rows)]
    columns: tuple[Col[InputRow], ...] = (
        col("Variant", lambda row: variant_head(row.variant)),
        col("Client's wire", lambda row: Fig(row.client_wire)),
        col("Server's wire", lambda row: Fig(row.server_wire)),
        col("Answers", lambda row: Fig("streamed" if row.streamed else "plain")),
        num("Calls", lambda row: Fig(str(row.calls))),
        col("Seen in", _seen),
        num("Tokens read", _read, "model's own"),
        *(_kind(kind) for kind in present),
    )
    caption = "Kept of what the calls had; the prompt is what the model got, not what the server was handed."
    return table("model-input-kept", caption, columns, inputs.rows)


def _seen(row: InputRow) -> Fig:
    ways = ", ".join(f"{WAYS.get(way, way)} {n}" for way, n in row.seen.items())
    if not row.not_seen:
        return Fig(ways)
    why = "; ".join(f"{one.calls}: {one.why}" for one in row.not_seen)
    unseen = f"{sum(one.calls for one in row.not_seen)} not seen"
    return Fig(ways, unseen, why=why) if ways else missing("not seen", why)


def _read(row: InputRow) -> Fig:
    if row.tokens_read is None or row.tokens_whole is None:
        return missing("not seen", "The server does not tell how many tokens its model read.")
    context = f"context {row.context:,}" if row.context else ""
    return Fig(f"{row.tokens_read:,} of {row.tokens_whole:,}", context)


def _kind(kind: str) -> Col[InputRow]:
    def fig(row: InputRow) -> Fig:
        got = row.kinds.get(kind, Got())
        if not got.of:
            return missing("none", "No call has any.")
        if got.unsure:
            return Fig(f"{got.kept} of {got.of}", f"{got.unsure} not known")
        return passed(got.kept, got.of)

    return num(KINDS[kind], fig)
