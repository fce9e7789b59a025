"""What the report says of fidelity: states of features, additions, and requests left untouched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lab.records.manifest import ScenarioInfo
from lab.report.build import build_results
from lab.report.markdown import table
from lab.results.models import Results
from lab.topics.fidelity import section
from lab.topics.fidelity.table import Addition, Fidelity, FidelityCell
from tests.unit.records_builder import HOSTILE, Call, RunBuilder, scenario, table_of, variant

CHECKS = ("request_accepted", "system_kept", "messages_kept", "params_kept", "content_added")


def info(name: str, feature: str, **over: Any) -> ScenarioInfo:
    """A scenario of a suite that looks at fidelity."""
    return scenario(name, suite="fidelity", looks_at=feature, checks=CHECKS, **over)


def body(**fields: Any) -> dict[str, Any]:
    """A small request."""
    return {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "How deep?"}], **fields}


SCENARIOS = (
    info("A", "temperature"),
    info("B", "temperature"),
    info("C", "system: one text"),
    info("D", "added: to a bare question"),
    info("E", "header x-lab-trace"),
    info("F", "header anthropic-beta"),
    info("G", "service_tier"),
)
SENT = {
    "A": body(temperature=0),
    "B": body(temperature=0.5),
    "C": body(system="You dive."),
    "D": body(),
    "E": body(),
    "F": body(),
    "G": body(service_tier="standard_only"),
}
HEADERS = {"E": {"x-lab-trace": "1"}, "F": {"anthropic-beta": "b-1"}}
GUARD = {"role": "system", "content": "[guard] " + HOSTILE}


def guarded(request: dict[str, Any]) -> dict[str, Any]:
    """What a lossy gateway makes of a request: its own prompt and temperature, and no system prompt."""
    kept = {key: value for key, value in request.items() if key in ("model", "max_tokens")}
    return {**kept, "temperature": 0.7, "messages": [GUARD, *request["messages"]]}


def run(root: Path, repeats: int = 2) -> Results:
    """The control, a gateway that forwards all but one header, and a lossy one, each asked everything."""
    builder = RunBuilder(
        root,
        variants=(
            variant("direct"),
            variant("litellm"),
            variant("lynkr"),
            variant("portkey", status="unavailable", reason="no image"),
        ),
        scenarios=SCENARIOS,
        repeats=repeats,
    )
    for repeat in range(1, repeats + 1):
        for name, request in SENT.items():
            headers = HEADERS.get(name, {})
            builder.exchange(
                "direct", name, repeat, body=request, headers=headers, calls=[Call(headers=headers)]
            )
            arrived = {key: value for key, value in headers.items() if key != "x-lab-trace"}
            honest = Call(headers=arrived | {"anthropic-beta": "b-1,own" if name == "F" else "own"})
            builder.exchange("litellm", name, repeat, body=request, headers=headers, calls=[honest])
            lossy(builder, name, repeat, request, headers)
    return build_results(builder.store)


def lossy(
    builder: RunBuilder, name: str, repeat: int, request: dict[str, Any], headers: dict[str, str]
) -> None:
    """One exchange through the lossy gateway: A is rejected in the second repeat, G is refused by it."""
    refused = Call(body=guarded(request), wire="chat", status=400, error="bad prompt")
    common: dict[str, Any] = {"body": request, "headers": headers}
    if name == "A" and repeat == 2:
        builder.exchange("lynkr", name, repeat, status="failed", reason="HTTP 400", calls=[refused], **common)
    elif name == "G":
        builder.exchange(
            "lynkr", name, repeat, status="failed", reason="HTTP 400: no tiers", calls=[], **common
        )
    else:
        builder.exchange("lynkr", name, repeat, calls=[Call(body=guarded(request), wire="chat")], **common)


def fidelity(root: Path, repeats: int = 2) -> Fidelity:
    """The tables of that run."""
    found = run(root, repeats).table(Fidelity)
    assert found is not None
    return found


def cell(tables: Fidelity, feature: str, name: str) -> FidelityCell:
    """The cell of a feature and a variant."""
    row = next(row for row in tables.rows if row.feature == feature)
    return next(one for one in row.cells if one.variant == name)


def test_scenarios_of_one_feature_are_one_row(tmp_path: Path) -> None:
    """Rows come in the order of the suite, with every variant in each."""
    tables = fidelity(tmp_path)
    assert [(row.feature, row.scenarios) for row in tables.rows][:2] == [
        ("temperature", ("A", "B")),
        ("system: one text", ("C",)),
    ]
    assert {tuple(one.variant for one in row.cells) for row in tables.rows} == {
        ("direct", "litellm", "lynkr", "portkey")
    }


def test_the_control_keeps_everything(tmp_path: Path) -> None:
    """Two repeats of seven scenarios, untouched, and nothing on top."""
    tables = fidelity(tmp_path)
    total = tables.totals[0]
    assert (total.exchanges, total.untouched, total.features, total.features_kept) == (14, 14, 6, 6)
    assert total.additions == ()
    assert {one.state for row in tables.rows for one in row.cells if one.variant == "direct"} == {"kept"}


def test_a_feature_is_what_its_worst_exchange_is(tmp_path: Path) -> None:
    """Changed in three of four exchanges and rejected in one: rejected, with the provider's words."""
    tables = fidelity(tmp_path)
    assert cell(tables, "temperature", "lynkr") == FidelityCell(
        variant="lynkr",
        state="rejected",
        kept=0,
        of=4,
        why="the provider rejects what is forwarded: bad prompt",
        scenario="A",
    )
    once = cell(fidelity(tmp_path / "once", repeats=1), "temperature", "lynkr")
    assert (once.state, once.of, once.why) == ("changed", 2, "temperature 0 arrived as 0.7")


def test_dropped_added_and_refused_are_told_apart(tmp_path: Path) -> None:
    """What is gone, what is on top, and what the gateway itself would not send."""
    tables = fidelity(tmp_path)
    dropped = cell(tables, "system: one text", "lynkr")
    assert (dropped.state, dropped.why) == ("dropped", 'the system text "You dive." was dropped')
    assert cell(tables, "added: to a bare question", "lynkr").state == "added"
    refused = cell(tables, "service_tier", "lynkr")
    assert (refused.state, refused.why) == ("refused", "HTTP 400: no tiers")


def test_headers_are_features_where_they_say_something(tmp_path: Path) -> None:
    """A header of the client's own is not judged; Anthropic's has no use on another wire."""
    tables = fidelity(tmp_path)
    own = cell(tables, "header x-lab-trace", "litellm")
    assert own.state == "not_judged"
    assert own.why.startswith('the header x-lab-trace: "1" was dropped: ')
    assert cell(tables, "header anthropic-beta", "litellm").state == "kept"
    other = cell(tables, "header anthropic-beta", "lynkr")
    assert (other.state, other.why) == (
        "no_use",
        "the request went out on the chat wire, which has no use for it",
    )
    assert (tables.totals[1].features, tables.totals[1].features_kept) == (5, 5)
    assert (tables.totals[2].features, tables.totals[2].features_kept) == (4, 0)


def test_what_has_no_equivalent_is_a_state_of_its_own(tmp_path: Path) -> None:
    """It is shown with its reason in neutral words, touches no request, and is no feature that counts."""
    infos = (info("K", "top_k"), info("M", "cache marks: on a message"))
    mark = {"type": "text", "text": "How deep?", "cache_control": {"type": "ephemeral"}}
    sent = {"K": body(top_k=40), "M": body(messages=[{"role": "user", "content": [mark]}])}
    builder = RunBuilder(tmp_path, variants=(variant("direct"), variant("lynkr")), scenarios=infos)
    for name, request in sent.items():
        builder.exchange("direct", name, body=request)
        builder.exchange("lynkr", name, body=request, calls=[Call(body=body(), wire="chat")])
    results = build_results(builder.store)
    found = cell(table_of(results, Fidelity), "top_k", "lynkr")
    assert (found.state, found.why) == ("no_equivalent", "top_k 40 was dropped: the chat wire has none")
    assert cell(table_of(results, Fidelity), "cache marks: on a message", "lynkr").state == "no_equivalent"
    total = table_of(results, Fidelity).totals[1]
    assert (total.exchanges, total.untouched, total.features, total.wires) == (2, 2, 0, {"chat": 2})
    made = section.section(results)
    assert made is not None
    matrix = next(part.table for part in made.parts if part.table and part.table.id == "fidelity-features")
    shown = matrix.rows[0].cells[1]
    assert (shown.text, shown.tone, shown.sign) == ("no equivalent", "missing", "")
    assert shown.note == "top_k 40 was dropped: the chat wire has none"


def test_parameters_that_the_wire_cannot_say_are_counted(tmp_path: Path) -> None:
    """By name, once per request that had them, in results.json and in the report; what is lost is not."""
    infos = (info("K", "top_k"), info("G", "inference_geo"))
    builder = RunBuilder(tmp_path, variants=(variant("direct"), variant("lynkr")), scenarios=infos, repeats=2)
    sent = {"K": body(top_k=40, temperature=0.2), "G": body(inference_geo="eu", top_k=4, speed="fast")}
    for repeat in (1, 2):
        for name, request in sent.items():
            builder.exchange("direct", name, repeat, body=request)
            builder.exchange("lynkr", name, repeat, body=request, calls=[Call(body=body(), wire="chat")])
    results = build_results(builder.store)
    direct, lynkr = table_of(results, Fidelity).totals
    assert (direct.parameters_unsayable, direct.unsayable) == (0, {})
    assert lynkr.unsayable == {"top_k": 4, "inference_geo": 2, "speed": 2}
    assert lynkr.parameters_unsayable == 8
    made = section.section(results)
    assert made is not None
    table_ = made.parts[0].table
    assert table_ is not None
    at = [column.title for column in table_.columns].index("The wire cannot say") - 1
    assert [row.cells[at].text for row in table_.rows] == ["none", "8 parameters"]
    assert (
        table_.rows[1].cells[at].note
        == "top_k in 4 requests, inference_geo in 2 requests, speed in 2 requests"
    )


def test_contents_that_the_wire_cannot_say_are_counted(tmp_path: Path) -> None:
    """By what they are, once per request; on a wire that could say it there is nothing to count."""
    document = {"type": "document", "title": "T", "context": "C", "source": {"type": "text", "data": "Deep."}}
    tool = {
        "name": "dive",
        "defer_loading": True,
        "input_schema": {"type": "object", "properties": {"a": {}}},
    }
    sent = body(messages=[{"role": "user", "content": [document]}], tools=[tool])
    function = {"name": "dive", "parameters": tool["input_schema"]}
    chat = body(
        messages=[{"role": "user", "content": "Deep."}], tools=[{"type": "function", "function": function}]
    )
    builder = RunBuilder(
        tmp_path, variants=(variant("direct"), variant("lynkr")), scenarios=(info("J", "text"),)
    )
    builder.exchange("direct", "J", body=sent)
    builder.exchange("lynkr", "J", body=sent, calls=[Call(body=chat, wire="chat")])
    results = build_results(builder.store)
    direct, lynkr = table_of(results, Fidelity).totals
    assert (direct.contents_unsayable, direct.untouched) == ({}, 1)
    assert (lynkr.contents_unsayable, lynkr.untouched) == ({"text": 1, "tools": 1}, 1)
    assert cell(table_of(results, Fidelity), "text", "lynkr").state == "kept"
    shown = table(section.totals_table(table_of(results, Fidelity)))
    assert "2 contents (text in 1 request, tools in 1 request)" in shown


def test_joined_texts_are_a_state_of_their_own_and_kept(tmp_path: Path) -> None:
    """They are shown with the words at the joint, and the request counts as untouched."""
    blocks = [{"type": "text", "text": one} for one in ("How deep?", "How cold?")]
    sent = body(messages=[{"role": "user", "content": blocks}])
    made = body(messages=[{"role": "user", "content": "How deep?How cold?"}])
    builder = RunBuilder(
        tmp_path, variants=(variant("direct"), variant("lynkr")), scenarios=(info("J", "text"),)
    )
    builder.exchange("direct", "J", body=sent)
    builder.exchange("lynkr", "J", body=sent, calls=[Call(body=made)])
    results = build_results(builder.store)
    found = cell(table_of(results, Fidelity), "text", "lynkr")
    assert (found.state, found.kept, found.of) == ("joined", 1, 1)
    assert "How deep?How cold?" in found.why
    total = table_of(results, Fidelity).totals[1]
    assert (total.untouched, total.features, total.features_kept) == (1, 1, 1)


def test_the_providers_wires_stand_beside_the_totals(tmp_path: Path) -> None:
    """Translated requests are not comparable with passed-through ones; several wires are counted."""
    builder = RunBuilder(
        tmp_path, variants=(variant("direct"), variant("litellm")), scenarios=(info("U", "temperature"),)
    )
    for repeat, wire in enumerate(("chat", "responses", "responses"), 1):
        builder.exchange("direct", "U", repeat, body=body(temperature=0))
        arrived = {"model": "m", "input": "How deep?"} if wire == "responses" else body()
        builder.exchange(
            "litellm", "U", repeat, body=body(temperature=0), calls=[Call(body=arrived, wire=wire)]
        )
    results = build_results(builder.store)
    made = section.section(results)
    assert made is not None
    table_ = made.parts[0].table
    assert table_ is not None
    assert [row.cells[0].text for row in table_.rows] == ["messages", "responses 2, chat 1"]


def test_additions_are_counted_among_requests_that_did_not_set_them(tmp_path: Path) -> None:
    """11 of 11 compared requests get a prompt, 8 of the 8 without temperature one of their own."""
    total = fidelity(tmp_path).totals[2]
    assert (total.exchanges, total.untouched) == (11, 0)
    prompt, temperature = total.additions
    assert prompt.what.startswith('system text "[guard] ')
    assert (prompt.exchanges, prompt.of, prompt.scenario) == (11, 11, "A")
    assert temperature == Addition(what="temperature 0.7 was added", exchanges=8, of=8, scenario="C")


def test_an_added_header_is_listed_but_leaves_a_request_untouched(tmp_path: Path) -> None:
    """A gateway's own beta is told; a header that it need not forward touches no request either."""
    total = fidelity(tmp_path).totals[1]
    assert (total.exchanges, total.untouched) == (14, 14)
    assert [(one.what, one.exchanges, one.of) for one in total.additions] == [
        ('the header anthropic-beta: "own" was added', 14, 14)
    ]


def test_a_variant_that_never_ran_has_a_reason_in_every_cell(tmp_path: Path) -> None:
    """A missing figure has a reason."""
    tables = fidelity(tmp_path)
    cells = [one for row in tables.rows for one in row.cells if one.variant == "portkey"]
    assert {(one.state, one.why) for one in cells} == {("unavailable", "no image")}
    assert (tables.totals[3].features, tables.totals[3].reason) == (0, "no image")


def test_a_feature_that_is_no_aspect_is_about_the_whole_request(tmp_path: Path) -> None:
    """A user's own words for a feature judge everything that was sent."""
    infos = (info("U", "our nightly prompt"),)
    builder = RunBuilder(tmp_path, variants=(variant("direct"), variant("litellm")), scenarios=infos)
    builder.exchange("direct", "U", body=body(temperature=0))
    builder.exchange("litellm", "U", body=body(temperature=0), calls=[Call(body=body())])
    tables = build_results(builder.store).table(Fidelity)
    assert tables is not None
    found = cell(tables, "our nightly prompt", "litellm")
    assert (found.state, found.why) == ("dropped", "temperature 0 was dropped")


def test_answers_from_a_cache_are_not_asked(tmp_path: Path) -> None:
    """Nothing was forwarded, so nothing can be said."""
    infos = (info("U", "temperature"),)
    builder = RunBuilder(tmp_path, variants=(variant("direct"), variant("litellm")), scenarios=infos)
    builder.exchange("direct", "U", body=body(temperature=0))
    builder.exchange("litellm", "U", body=body(temperature=0), calls=[])
    tables = build_results(builder.store).table(Fidelity)
    assert tables is not None
    assert cell(tables, "temperature", "litellm").state == "not_asked"
    assert (tables.totals[1].exchanges, tables.totals[1].features) == (0, 0)


def test_a_run_without_such_a_suite_has_no_section(tmp_path: Path) -> None:
    """Core alone says nothing of fidelity."""
    builder = RunBuilder(tmp_path, repeats=1)
    builder.exchange("direct", "S1")
    results = build_results(builder.store)
    assert (results.table(Fidelity), section.section(results)) == (None, None)


def test_the_section_shows_every_state_with_its_evidence_and_no_live_text(tmp_path: Path) -> None:
    """Each judged cell leads to its page; text from a gateway is inert."""
    results = run(tmp_path)
    made = section.section(results)
    assert made is not None
    shown = {part.title: str(table(part.table)) for part in made.parts if part.table is not None}
    matrix = shown["Features that not everyone keeps"]
    for state in ("kept", "dropped", "added", "rejected", "refused", "not judged", "unavailable"):
        assert state in matrix
    assert "no use" in shown["Features that everyone keeps"]
    assert "header anthropic-beta" not in matrix
    assert "(evidence.html#lynkr--A)" in matrix
    assert "no image" in matrix
    assert "temperature 0.7 was added | 8 of 8 (always)" in shown["What is put on top of requests"]
    assert "\u2717 0 of 11" in shown["How much arrives as it was sent"]
    assert "<script>" not in "".join(shown.values())
