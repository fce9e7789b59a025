"""How figures are made, in words, and which checks judge which suite."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lab.kit.anchors import suite_order
from lab.kit.section import Facts, Line, Section, Span, Words
from lab.kit.tables import Col, Fig, Table, col, num, table
from lab.kit.text import one_line
from lab.report.systems import check_table, price_table
from lab.results.models import Results, ScenarioRow
from lab.topics.compression.section import measured

ALL = "all that are registered"
# A paragraph per term, in the order in which a reader meets them.
TERMS = """
Verdicts: A scenario is judged by the checks that its suite names, and by no other. It passes only if every
repeat passes every check that applies to it; a check that does not apply, as where a product has no cache,
is no fail. Scenarios that were not asked, not answered or not judged are counted apart, with the reason. A
suite about tiers has verdicts only on variants that route, and a verdict on all suites covers what is
judged for all compared variants.

Wrong answers: An answer is wrong where its marker is that of another conversation, or where it is an
earlier answer of the same conversation to a question that had to be asked anew. Nothing a gateway says
changes that.

Passes and state: A repeat consists of passes, at least one a suite, in an order that is shuffled from the
seed. Before each pass the state of every system that keeps any (caches, pinned sessions, learned routes) is
wiped, so that no suite answers for another. Other wordings of a prompt go in passes of their own, so that
no cache answers for the router. Within a pass the scenarios of a sequence keep their order.

Classes: A class is a group of scenarios of one suite. Large suites are shown by class: sums over the
scenarios that all compared variants completed. What not all are asked is in no total.

Tokens: All texts, tool calls, tool results and tool definitions, counted with one tokenizer ({tokenizer})
on a form that is the same for every wire. Other models' own tokenizers count differently; the same one for
all makes the comparison fair, not the absolute number a provider's.

Tokens forwarded: All calls to a model that the meter received during an exchange. A change is never
clamped: a gateway that adds tokens shows more than was sent.

Tier and model: Each tier is a distinct model name at the meter, so the tier served is seen there. What the
gateway states is kept beside it. The summary counts each prompt with acceptable tiers once, without its
other wordings and settings, as right only if every repeat is that showed a tier.

Where the lab decides: A variant may be set up so that the lab supplies a decision, such as a tier sent as
metadata. Its verdicts then say that the gateway carried the decision out, not that it made one, and its
cost as routed is the lab's choice; the report names these variants.

Facts kept: A scenario declares facts as strings. One counts as kept where all its strings are still found,
in order and near each other, in what the answering model was sent, whatever legitimate notation it is
written in. It shows that a fact is there, not that a model would use it.

Needed tools intact: Tools that the scenario needs and that reached the model with their whole schema. One
that is not intact was dropped, or forwarded with a changed schema; its evidence says which.

Cost: Every upstream call that the provider answered, at the prices below; what it refused or failed to
answer (a status from 400 on) is billed nowhere and costs nothing. A cost is for input and output tokens as
counted here; a provider's discounts for cached prompts are not in it.

Latency: From sending the request to the last byte of the answer, one exchange at a time. Intervals are
bootstrap intervals of the median of pairs. The order is shuffled from the seed and interleaved over
variants, so that drift meets all alike. A total is flagged as unstable where its interval, or the medians
of its repeats, lie more than 10% of the figure apart; a single scenario where its samples do not agree by
the rules of pyperf's check.

Caches: Each scripted answer carries a marker of its exchange. Receiving another marker proves a cache; a
marker from another conversation proves that somebody else's answer was given.

Missing figures: A figure that is missing says why. A failure is never a cost of nothing, and totals cover
only scenarios that all compared variants completed.
"""


def method_section(results: Results) -> Section:
    """How figures are made, which checks judge which suite, and at which prices."""
    return Section(
        "Method",
        (
            Facts(tuple(method_terms(results)), terms=True),
            Section("Suites and their checks", (suites_checks_table(results),)),
            Section("Checks", (check_table(results),)),
            Section("Prices", (price_table(results),)),
        ),
        id="method",
    )


def method_terms(results: Results) -> Iterator[tuple[str, Words]]:
    """The terms of the method, each with what it means."""
    tokenizer = one_line(results.run.tokenizer, 60)
    for paragraph in TERMS.strip().split("\n\n"):
        term, text = " ".join(paragraph.split()).replace("{tokenizer}", tokenizer).split(": ", maxsplit=1)
        if term == "Facts kept" and measured(results) is not None:
            yield term, Line((text, " More: ", Span("Compression", href="#compression"), "."))
        else:
            yield term, text


def suites_checks_table(results: Results) -> Table:
    """Every suite with its number of scenarios and classes, and the checks that judge it."""
    scenarios: dict[str, list[ScenarioRow]] = {suite: [] for suite in suite_order(results)}
    for scenario in results.scenarios:
        scenarios[scenario.suite].append(scenario)

    def size(title: str, unit: str, what: Callable[[ScenarioRow], object]) -> Col[str]:
        return num(title, lambda suite: Fig(f"{len(set(map(what, scenarios[suite]))):,}"), unit)

    def checks(suite: str) -> Fig:
        named = dict.fromkeys(name for scenario in scenarios[suite] for name in scenario.checks)
        return Fig(one_line(", ".join(named), 600) if named else ALL)

    titles = results.run.suite_titles
    columns: tuple[Col[str], ...] = (
        col("Suite", lambda suite: Fig(one_line(suite, 40), one_line(titles.get(suite, ""), 80))),
        size("Scenarios", "", lambda scenario: scenario.id),
        size("Classes", "", lambda scenario: scenario.class_),
        size("Passes", "a repeat", lambda scenario: scenario.in_pass),
        col("Checks", checks),
    )
    caption = "The suites of this run: their size, the passes of a repeat, and the checks that judge them."
    return table("suites", caption, columns, scenarios)
