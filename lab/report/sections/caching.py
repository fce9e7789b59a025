"""What answer caches did with questions that must hit and must miss."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lab.report import figures
from lab.report.cells import ALERT, NO, YES, evidence_name
from lab.report.model import Column, Fig, Notes, Row, Table, status_word
from lab.report.names import by_variant
from lab.report.section import Part, Section
from lab.report.sections.caching_served import claims_table, served_table
from lab.report.sections.caching_sweep import sweep_chart, sweep_table, threshold_lines
from lab.report.text import one_line
from lab.results.caching_tables import CacheOf, Caching, KindCount, ProbeKind, WrongAnswer
from lab.results.tables import Results

MOST_ROWS = 200
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
        "A wrong answer is one that was given to another question, or to the same words in another "
        "context, and served without being asked anew. It is the worst that a gateway can do: the client "
        "cannot tell. A missed hit costs a call, no more; it counts as a failure only where the variant "
        "has such a cache, and where the two questions are at least as alike as its stated threshold."
    ),
    (
        "Other parameters and other users count as another context: the words of the answer might do, but "
        "a cache that serves them does not do as it was asked, or hands one user's answer to another. Users "
        "are told apart by metadata.user_id, which every system can be sent, and by the client's key where "
        "a system takes more than one here. How alike two questions are is the cosine of their "
        "all-MiniLM-L6-v2 embeddings, which the meter also serves to gateways that ask for embeddings."
    ),
)


def section(results: Results) -> Section | None:
    """The report's section on caching; None where the run has nothing to show."""
    found = results.caching
    if found is None:
        return None
    parts = [
        _wrong_part(results, found),
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
        yield Part(
            "How alike is alike enough", text=threshold_lines(swept), chart=sweep_chart(found.kinds, swept)
        )
        yield Part("Every pair of the sweep", table=sweep_table(swept), folded=True)


def _wrong_part(results: Results, found: Caching) -> Part:
    """The wrong answers first of all, or how many answers were judged and found right."""
    title = "Wrong answers served"
    if not found.wrong:
        judged = sum(found.judged.values())
        text = f"None. {figures.tokens(judged)} answers were judged by where they come from."
        return Part(title, text=(text,))
    more = len(found.wrong) - MOST_ROWS
    text = "In all suites of this run. Each row leads to the evidence: the request and the answer it got."
    cut = (f"{more:,} more are in results.json.",) if more > 0 else ()
    return Part(title, text=(text, *cut), table=wrong_table(results, found))


def wrong_table(results: Results, found: Caching) -> Table:
    """Every scenario with a wrong answer: what was asked, and whose answer was served."""
    variants = by_variant(results)
    several = len({wrong.suite for wrong in found.wrong}) > 1
    return Table(
        id="caching-wrong",
        caption="Scenarios that were answered with another question's answer, and whose it was.",
        columns=(
            Column("Variant and question", num=False),
            Column("Kind", num=False),
            Column("Served wrongly", "answers", num=False),
            Column("Whose answer", num=False),
            Column("Alike", "cosine"),
        ),
        rows=tuple(
            Row(
                _question(wrong, several=several),
                _wrong_figs(wrong),
                control=variants[wrong.variant].kind == "control",
            )
            for wrong in found.wrong[:MOST_ROWS]
        ),
    )


def _question(wrong: WrongAnswer, *, several: bool) -> Fig:
    where = f"suite {one_line(wrong.suite, 40)}: " if several else ""
    href = evidence_name(wrong.variant, wrong.scenario)
    return Fig(one_line(f"{wrong.variant}: {wrong.title}", 120), f"{where}{wrong.scenario}", href=href)


def _wrong_figs(wrong: WrongAnswer) -> tuple[Fig, ...]:
    whose = Fig("nobody's", one_line(wrong.why, 200))
    if wrong.whose:
        source = f"exchange {one_line(wrong.source, 90)}"
        whose = Fig(
            f"that of: {one_line(wrong.whose_title, 100)}",
            source,
            href=evidence_name(wrong.variant, wrong.whose),
        )
    alike = Fig("another topic") if wrong.similarity is None else Fig(f"{wrong.similarity:.3f}")
    return (
        Fig(one_line(wrong.kind, 80)),
        Fig(figures.share(wrong.times, wrong.of), sign=NO, tone="bad"),
        whose,
        alike,
    )


def verdict_table(results: Results, found: Caching) -> Table:
    """One row a variant: what cache it has, how often it was wrong, and how many due hits it gave."""
    notes = Notes()
    variants = by_variant(results)
    rows = []
    for cache in found.variants:
        variant = variants[cache.variant]
        head = Fig(one_line(cache.variant, 40), href=f"#variant-{one_line(cache.variant, 40)}")
        control = variant.kind == "control"
        if cache.status != "measured":
            reason = one_line(cache.reason or "no reason was recorded", 400)
            span = Fig(status_word(cache.status), note=reason, tone="missing")
            rows.append(Row(head, span=span, control=control))
            continue
        rows.append(Row(head, _verdict(cache, notes), control=control))
    return Table(
        id="caching-verdicts",
        caption=(
            "Wrong answers, of those that were judged by where they come from, and hits, of those that were "
            "due. Pairs in other words may be less alike than a stated threshold, so not all of them are due."
        ),
        columns=(
            Column("Variant", num=False),
            Column("Cache", "as described", num=False),
            Column("Wrong answers", "to probes that must miss", num=False),
            Column("Wrong answers", "to first questions", num=False),
            Column("Hits", "of those due", num=False),
            Column("Hits in other words", "of all asked", num=False),
            Column("Unproven", "answers"),
        ),
        rows=tuple(rows),
        notes=tuple(notes.texts),
        cards=True,
    )


def _verdict(cache: CacheOf, notes: Notes) -> tuple[Fig, ...]:
    due, due_hits = sum(count.due for count in cache.kinds), sum(count.due_hits for count in cache.kinds)
    unproven = sum(count.unproven for count in cache.kinds)
    threshold = f"from {cache.threshold:g} alike" if cache.threshold is not None else ""
    missing = [count for count in cache.kinds if count.expect == "must_miss"]
    elsewhere = sum(count.foreign for count in cache.kinds if count.expect != "must_miss")
    return (
        Fig(cache.cache, threshold, tone="missing" if cache.cache == "none" else ""),
        _wrong([count for count in missing if not count.first], notes),
        _wrong([count for count in missing if count.first], notes),
        _due(due_hits, due, elsewhere, notes),
        _reworded(cache, notes),
        Fig(figures.tokens(unproven), tone="warn" if unproven else "", sign=ALERT if unproven else ""),
    )


def _wrong(counts: Sequence[KindCount], notes: Notes) -> Fig:
    wrong, of = sum(count.wrong for count in counts), sum(count.of for count in counts)
    if not of:
        return notes.missing("not judged", "the origin of no answer is known")
    return Fig(figures.share(wrong, of), sign=NO if wrong else YES, tone="bad" if wrong else "good")


def _due(hits: int, due: int, foreign: int, notes: Notes) -> Fig:
    note = f"{figures.tokens(foreign)} got another topic's answer" if foreign else ""
    if not due:
        return Fig("none due", note, "bad", NO) if foreign else notes.missing("none due", NONE_DUE)
    whole = hits == due
    return Fig(figures.share(hits, due), note, "good" if whole else "bad", YES if whole else NO)


def _reworded(cache: CacheOf, notes: Notes) -> Fig:
    """Hits of all pairs that mean the same in other words, however alike they are."""
    points = [point for point in cache.sweep.points if point.same] if cache.sweep else []
    if not points:
        return notes.missing("none due", NONE_DUE)
    return Fig(figures.share(sum(p.hits for p in points), sum(p.of for p in points)))


def kinds_table(found: Caching) -> Table:
    """One row a kind of question, one column a variant: hits of what must hit, wrong answers of the rest."""
    notes = Notes()
    rows = []
    for number, kind in enumerate(found.kinds):
        count = len(kind.scenarios)
        much = "1 question" if count == 1 else f"{count} questions"
        head = Fig(one_line(kind.kind, 80), f"{EXPECTED[kind.expect]}; {much}")
        cells = [_count(cache, cache.kinds[number], kind, notes) for cache in found.variants]
        rows.append(Row(head, tuple(cells)))
    return Table(
        id="caching-kinds",
        caption=(
            "Of what must or may hit: answers that came from the cache. Of what must miss: wrong answers. "
            "Each figure leads to the scenario that tells most."
        ),
        columns=(
            Column("Kind", num=False),
            *(Column(one_line(cache.variant, 40), num=False) for cache in found.variants),
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
            f"{figures.share(wrong, count.of)} wrong",
            sign=NO if wrong else YES,
            tone="bad" if wrong else "good",
            href=href,
        )
    shown = f"{figures.share(count.hits, count.of)} hit"
    if kind.expect == "may_hit":
        return Fig(shown, href=href, tone="info" if count.hits else "")
    if not count.due:
        return Fig(shown, "" if count.hits else "no such cache", tone="missing", href=href)
    whole = count.due_hits == count.due
    note = f"{figures.share(count.due_hits, count.due)} due" if count.due < count.of else ""
    return Fig(shown, note, "good" if whole else "bad", YES if whole else NO, href)
