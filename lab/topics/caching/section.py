"""What answer caches did with questions that must hit and must miss."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import get_args

from lab.kit import numbers
from lab.kit.anchors import by_variant, variant_column, variant_head
from lab.kit.cell_figs import ALERT, NO, YES, evidence_name
from lab.kit.section import Part, Section
from lab.kit.tables import Column, Fig, Notes, Row, Table, status_word
from lab.kit.text import one_line
from lab.kit.wrong_answers import DIFFERS, TO
from lab.results.models import Results
from lab.results.wrong_answers import Wrongness
from lab.topics.caching.embedders import NEAR, decided_by
from lab.topics.caching.section_served import claims_table, served_table
from lab.topics.caching.section_sweep import sweep_chart, sweep_table, threshold_lines
from lab.topics.caching.section_wrong import wrong_part
from lab.topics.caching.table import CacheOf, Caching, KindCount, ProbeKind

NONE_DUE = "this variant has no cache that could give these hits"
EXPECTED = {"must_hit": "must hit", "must_miss": "must miss", "may_hit": "may hit"}
LEAD = (
    (
        "Each sequence is a question and a probe. The probe is the same request again, the same question "
        "in other words, or a request that differs in one thing: another number, the opposite, another "
        "history, system prompt, tool result, document, parameter or user. All sequences of a repeat "
        "share one cache, and each has a topic of its own. Every answer carries a marker of the exchange "
        "it was first given to, so that what was served is proven, whatever a header says."
    ),
    (
        "A wrong answer is another conversation's, or an earlier one that was served although the request "
        "differs in something that must not be overlooked. The gravest are answers to another question, or "
        "to the same question in another context: history, system prompt, tool result, document, tools on "
        "offer. The client cannot tell. A missed hit costs a call, no more; it counts as a failure only "
        "where the variant has such a cache, and where the two questions are at least as alike as its "
        "stated threshold."
    ),
    (
        "Answers shared between users, and answers given in spite of other settings, are wrong too, and "
        "counted apart. Where another user asks, the text of the question is the same, word for word, and "
        "the lab scripts a different answer for that user. Users are told apart by metadata.user_id, which "
        "every system can be sent, and by the client's key; where a system accepts one key alone here, "
        "those probes are unsupported. Where settings differ (temperature, max_tokens), the words of the "
        "earlier answer might do, but the cache does not do as it was asked."
    ),
    (
        "How alike two questions are is the cosine of their all-MiniLM-L6-v2 embeddings. A gateway that asks "
        "for embeddings is served those of the same model by the meter, whatever model it names, or those "
        "of the model server where the run has one; with another model, pairs near a threshold may fall on "
        "its other side."
    ),
)


def section(results: Results) -> Section | None:
    """The report's section on caching; None where the run has nothing to show."""
    found = results.table(Caching)
    if found is None:
        return None
    parts = [
        wrong_part(results),
        Part("What each cache did", table=verdict_table(results, found)),
        Part("By kind of question", table=kinds_table(found)),
        Part("What answers from a cache cost", table=served_table(results, found)),
        *_claims(results, found),
        *_sweep(found),
    ]
    return Section(id="caching", title="Answer caches", lead=LEAD, parts=tuple(parts))


def _claims(results: Results, found: Caching) -> Iterator[Part]:
    table = claims_table(results, found)
    if table.rows:
        yield Part("Hits claimed and hits proven", table=table)


def _sweep(found: Caching) -> Iterator[Part]:
    swept = [cache for cache in found.variants if cache.sweep is not None]
    if swept:
        text = (*threshold_lines(swept), *decided_by(found.variants))
        yield Part("How alike is alike enough", text=text, chart=sweep_chart(found.kinds, swept))
        yield Part("Every pair of the sweep", table=sweep_table(swept), folded=True)


def verdict_table(results: Results, found: Caching) -> Table:
    """One row a variant: what cache it has, how often it was wrong, and how many due hits it gave."""
    notes = Notes()
    variants = by_variant(results)
    shown = _probed(found)
    rows = []
    for cache in found.variants:
        variant = variants[cache.variant]
        head = variant_head(cache.variant)
        control = variant.kind == "control"
        if cache.status != "measured":
            reason = one_line(cache.reason or "no reason was recorded", 400)
            span = Fig(status_word(cache.status), note=reason, tone="missing")
            rows.append(Row(head, span=span, control=control))
            continue
        rows.append(Row(head, _verdict(cache, found.kinds, shown, notes), control=control))
    return Table(
        id="caching-verdicts",
        caption=(
            "Wrong answers, of those that were judged by where they come from, and hits, of those that were "
            "due. Pairs in other words may be less alike than a stated threshold, so not all of them are due."
        ),
        columns=(
            Column("Variant", num=False),
            Column("Cache", "as described", num=False),
            *(Column("Wrong answers", TO[wrongness], num=False) for wrongness in shown),
            Column("Hits", "of those due", num=False),
            Column("Hits in other words", "of all asked", num=False),
            Column("Unproven", "answers"),
        ),
        rows=tuple(rows),
        notes=tuple(notes.texts),
        cards=True,
    )


def _probed(found: Caching) -> tuple[Wrongness, ...]:
    """What can make an answer of these suites wrong, the gravest first."""
    probes = {
        kind.differs or "request" for kind in found.kinds if kind.expect == "must_miss" and not kind.first
    }
    return tuple(one for one in get_args(Wrongness) if one == "foreign" or one in probes)


def _verdict(
    cache: CacheOf, kinds: Sequence[ProbeKind], shown: Sequence[Wrongness], notes: Notes
) -> tuple[Fig, ...]:
    due, due_hits = sum(count.due for count in cache.kinds), sum(count.due_hits for count in cache.kinds)
    unproven = sum(count.unproven for count in cache.kinds)
    threshold = f"from {cache.threshold:g} alike" if cache.threshold is not None else ""
    return (
        Fig(cache.cache, threshold, tone="missing" if cache.cache == "none" else ""),
        *(_wrong(wrongness, kinds, cache.kinds, notes) for wrongness in shown),
        _due(due_hits, due, notes),
        _reworded(cache, notes),
        Fig(numbers.tokens(unproven), tone="warn" if unproven else "", sign=ALERT if unproven else ""),
    )


def _wrong(
    wrongness: Wrongness, kinds: Sequence[ProbeKind], counts: Sequence[KindCount], notes: Notes
) -> Fig:
    """Answers that are wrong in this respect, of those that could be: all, or those to such probes."""
    if wrongness == "foreign":
        mine = list(counts)
        wrong = sum(count.foreign for count in mine)
    else:
        mine = [
            count
            for kind, count in zip(kinds, counts, strict=True)
            if kind.expect == "must_miss" and not kind.first and (kind.differs or "request") == wrongness
        ]
        wrong = sum(count.hits for count in mine)
    of = sum(count.of for count in mine)
    if not of:
        return notes.missing(*_not_judged(mine))
    return Fig(numbers.share(wrong, of), sign=NO if wrong else YES, tone="bad" if wrong else "good")


def _not_judged(counts: Sequence[KindCount]) -> tuple[str, str]:
    """Why no answer could be judged: where nothing was asked, the reason for that."""
    asked = next((count for count in counts if count.status != "measured"), None)
    if asked is None:
        return "not judged", "the origin of no answer is known"
    return status_word(asked.status), asked.reason or "no reason was recorded"


def _due(hits: int, due: int, notes: Notes) -> Fig:
    if not due:
        return notes.missing("none due", NONE_DUE)
    whole = hits == due
    return Fig(numbers.share(hits, due), tone="good" if whole else "bad", sign=YES if whole else NO)


def _reworded(cache: CacheOf, notes: Notes) -> Fig:
    """Hits of all pairs that mean the same in other words, however alike they are."""
    points = [point for point in cache.sweep.points if point.same] if cache.sweep else []
    if not points:
        return notes.missing("none due", NONE_DUE)
    return Fig(numbers.share(sum(p.hits for p in points), sum(p.of for p in points)))


def kinds_table(found: Caching) -> Table:
    """One row a kind of question, one column a variant: hits of what must hit, wrong answers of the rest."""
    notes = Notes()
    rows = []
    for number, kind in enumerate(found.kinds):
        count = len(kind.scenarios)
        much = "1 question" if count == 1 else f"{count} questions"
        differs = f", {DIFFERS[kind.differs]}" if kind.differs else ""
        head = Fig(one_line(kind.kind, 80), f"{EXPECTED[kind.expect]}{differs}; {much}")
        cells = [_count(cache, cache.kinds[number], kind, notes) for cache in found.variants]
        rows.append(Row(head, tuple(cells)))
    return Table(
        id="caching-kinds",
        caption=(
            "Of what must or may hit: answers that came from the cache. Of what must miss: wrong answers. "
            "Each figure leads to the scenario that tells most. Wrong answers to pairs that are "
            f"{NEAR} hang on the model for embeddings."
        ),
        columns=(
            Column("Kind", num=False),
            *(variant_column(cache.variant, num=False) for cache in found.variants),
        ),
        rows=tuple(rows),
        notes=tuple(notes.texts),
        grid=True,
    )


def _count(cache: CacheOf, count: KindCount, kind: ProbeKind, notes: Notes) -> Fig:
    if count.status != "measured" or not count.of:
        return notes.missing(status_word(count.status), count.reason or "no reason was recorded")
    href = evidence_name(cache.variant, count.example)
    if kind.expect == "must_miss" or count.foreign:
        wrong = count.wrong
        return Fig(
            f"{numbers.share(wrong, count.of)} wrong",
            f"{count.close:,} {NEAR}" if count.close else "",
            sign=NO if wrong else YES,
            tone="bad" if wrong else "good",
            href=href,
        )
    shown = f"{numbers.share(count.hits, count.of)} hit"
    if kind.expect == "may_hit":
        return Fig(shown, href=href, tone="info" if count.hits else "")
    if not count.due:
        return Fig(shown, "" if count.hits else "no such cache", tone="missing", href=href)
    whole = count.due_hits == count.due
    note = f"{numbers.share(count.due_hits, count.due)} due" if count.due < count.of else ""
    return Fig(shown, note, "good" if whole else "bad", YES if whole else NO, href)
