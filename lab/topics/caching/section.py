"""What answer caches did with questions that must hit and must miss."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import get_args

from lab.kit import numbers
from lab.kit.anchors import by_variant, gap, is_control, variant_columns, variant_head
from lab.kit.cell_figs import evidence_link
from lab.kit.section import Section
from lab.kit.tables import ALERT, Col, Fig, Table, col, judged, missing, num, table, without
from lab.kit.text import one_line
from lab.kit.wrong_answers import DIFFERS, TO
from lab.results.models import Results
from lab.results.wrong_answers import WrongAnswer, Wrongness
from lab.topics.caching.section_served import claims_table, served_table
from lab.topics.caching.section_sweep import NEAR, decided_by, sweep_chart, sweep_table, threshold_lines
from lab.topics.caching.table import CacheOf, Caching, ProbeKind

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
        "offer. The client cannot tell. A fresh answer where a hit was due is right, and costs a call: a "
        "missed saving, counted apart. A hit is due where the variant has such a cache, and where the two "
        "questions are at least as alike as its stated threshold."
    ),
    (
        "Answers shared between users, and answers given in spite of other settings, are wrong too, and "
        "counted apart. Where another user asks, the text of the question is the same, word for word, and "
        "the lab scripts a different answer for that user. Users are told apart by the client's key (where a "
        "system accepts one key alone here, those probes are unsupported) or, under one key, by "
        "metadata.user_id alone, which is counted apart as well. Where the temperature differs, the words "
        "of the earlier answer might do, but the cache does not do as it was asked; under another max_tokens "
        "only an answer that is cut off, or longer than the new limit, is wrong."
    ),
    (
        "How alike two questions are is the cosine of their all-MiniLM-L6-v2 embeddings. A gateway that asks "
        "for embeddings is served those of the same model by the meter, whatever model it names, or those "
        "of the model server where the run has one; with another model, pairs near a threshold may fall on "
        "its other side."
    ),
)
MOST_ROWS = 200
GRAVEST_FIRST = get_args(Wrongness)


def section(results: Results) -> Section | None:
    """The report's section on caching; None where the run has nothing to show."""
    caching = results.table(Caching)
    if caching is None:
        return None
    return Section("Answer caches", (*LEAD, *_parts(results, caching)), id="caching")


def _parts(results: Results, caching: Caching) -> Iterator[Section]:
    yield wrong_part(results)
    yield Section("What each cache did", (verdict_table(results, caching),))
    yield Section("By kind of question", (kinds_table(caching),))
    yield Section("What answers from a cache cost", (served_table(results, caching),))
    claims = claims_table(results, caching)
    if claims.rows:
        yield Section("Hits claimed and hits proven", (claims,))
    swept = [cache for cache in caching.variants if cache.sweep is not None]
    if swept:
        text = (*threshold_lines(swept), *decided_by(caching.variants))
        yield Section("How alike is alike enough", (*text, sweep_chart(caching.kinds, swept)))
        yield Section("Every pair of the sweep", (sweep_table(swept),), folded=True)


def verdict_table(results: Results, caching: Caching) -> Table:
    """One row a variant: what cache it has, how often it was wrong, and how many due hits it gave."""
    variants = by_variant(results)

    def wrong(wrongness: Wrongness) -> Col[CacheOf]:
        return col("Wrong answers", lambda cache: _wrong(wrongness, caching.kinds, cache), TO[wrongness])

    return table(
        "caching-verdicts",
        "Wrong answers, of those that were judged by where they come from, and hits, of those that were "
        "due. Pairs in other words may be less alike than a stated threshold, so not all of them are due.",
        (
            col("Variant", lambda cache: variant_head(cache.variant)),
            col("Cache", _described, "as described"),
            *map(wrong, _probed(caching)),
            col("Hits", _due, "of those due"),
            col("Hits in other words", _reworded, "of all asked"),
            num("Unproven", _unproven, "answers"),
        ),
        [
            cache
            if cache.status == "measured"
            else gap(variants[cache.variant], without(cache.status, cache.reason))
            for cache in caching.variants
        ],
        control=is_control(results),
        cards=True,
    )


def _probed(caching: Caching) -> tuple[Wrongness, ...]:
    """What can make an answer of these suites wrong, the gravest first."""
    probes = {kind.wrongness for kind in caching.kinds}
    return tuple(one for one in get_args(Wrongness) if one == "foreign" or one in probes)


def _described(cache: CacheOf) -> Fig:
    threshold = f"from {cache.threshold:g} alike" if cache.threshold is not None else ""
    return Fig(cache.cache, threshold, tone="missing" if cache.cache == "none" else "")


def _unproven(cache: CacheOf) -> Fig:
    count = sum(count.unproven for count in cache.kinds)
    return Fig(numbers.tokens(count), tone="warn" if count else "", sign=ALERT if count else "")


def _wrong(wrongness: Wrongness, kinds: Sequence[ProbeKind], cache: CacheOf) -> Fig:
    """Answers that are wrong in this respect, of those that could be: all, or those to such probes."""
    if wrongness == "foreign":
        mine = list(cache.kinds)
        wrong = sum(count.foreign for count in mine)
    else:
        mine = [count for kind, count in zip(kinds, cache.kinds, strict=True) if kind.wrongness == wrongness]
        wrong = sum(count.wrong_hits for count in mine)
    if of := sum(count.of for count in mine):
        return judged(numbers.share(wrong, of), not wrong)
    unasked = next((count for count in mine if count.status != "measured"), None)
    if unasked is None:
        return missing("not judged", "the origin of no answer is known")
    return missing(unasked.status, unasked.reason)


def _due(cache: CacheOf) -> Fig:
    due, hits = sum(count.due for count in cache.kinds), sum(count.due_hits for count in cache.kinds)
    if not due:
        return missing("none due", NONE_DUE)
    missed = sum(count.missed for count in cache.kinds)
    return Fig(numbers.share(hits, due), _missed(missed), tone="info" if hits else "")


def _missed(number: int) -> str:
    return numbers.counted(number, "missed saving") if number else ""


def _reworded(cache: CacheOf) -> Fig:
    """Hits of all pairs that mean the same in other words, however alike they are."""
    points = [point for point in cache.sweep.points if point.same] if cache.sweep else []
    if not points:
        return missing("none due", NONE_DUE)
    return Fig(numbers.share(sum(p.hits for p in points), sum(p.of for p in points)))


def kinds_table(caching: Caching) -> Table:
    """One row a kind of question, one column a variant: hits of what must hit, wrong answers of the rest."""
    caches = {cache.variant: cache for cache in caching.variants}
    return table(
        "caching-kinds",
        "Of what must or may hit: answers that came from the cache. Of what must miss: wrong answers. "
        "Each figure leads to the scenario that tells most. Wrong answers to pairs that are "
        f"{NEAR} depend on the model for embeddings.",
        (
            col("Kind", lambda row: _kind(row[1])),
            variant_columns(caches, lambda variant, row: _count(caches[variant], *row), num=False),
        ),
        enumerate(caching.kinds),
        grid=True,
    )


def _kind(kind: ProbeKind) -> Fig:
    differs = f", {DIFFERS[kind.wrongness]}" if kind.wrongness and kind.differs else ""
    questions = numbers.counted(len(kind.scenarios), "question")
    return Fig(one_line(kind.kind, 80), f"{EXPECTED[kind.expect]}{differs}; {questions}")


def _count(cache: CacheOf, number: int, kind: ProbeKind) -> Fig:
    count = cache.kinds[number]
    if count.status != "measured" or not count.of:
        return missing(count.status, count.reason)
    href = evidence_link(cache.variant, count.example)
    if kind.expect == "must_miss" or count.foreign:
        near = f"{count.close:,} {NEAR}" if count.close else ""
        return judged(f"{numbers.share(count.wrong, count.of)} wrong", not count.wrong, near, href)
    shown = f"{numbers.share(count.hits, count.of)} hit"
    if kind.expect == "may_hit":
        return Fig(shown, href=href, tone="info" if count.hits else "")
    if not count.due:
        return Fig(shown, "" if count.hits else "no such cache", tone="missing", href=href)
    due = f"{numbers.share(count.due_hits, count.due)} due" if count.due < count.of else ""
    note = ", ".join(filter(None, (due, _missed(count.missed))))
    return Fig(shown, note, href=href, tone="info" if count.hits else "")


def wrong_part(results: Results) -> Section:
    """The wrong answers first of all, or how many answers were judged and found right."""
    title = "Wrong answers served"
    wrong = results.wrong_answers
    if not wrong.served:
        answers = numbers.tokens(sum(wrong.judged.values()))
        return Section(title, (f"None. {answers} answers were judged by where they come from.",))
    more = len(wrong.served) - MOST_ROWS
    text = "In all suites of this run. Each row leads to the evidence: the request and the answer it got."
    cut = (f"{more:,} more are in results.json.",) if more > 0 else ()
    return Section(title, (text, *cut, wrong_table(results)))


def wrong_table(results: Results) -> Table:
    """Every scenario with a wrong answer: what was asked, and whose answer was served."""
    served = results.wrong_answers.served
    several = len({wrong.suite for wrong in served}) > 1
    return table(
        "caching-wrong",
        "Scenarios that were answered with another request's answer, in what the two differ, and whose "
        "it was; the gravest first.",
        (
            col("Variant and question", lambda wrong: _question(wrong, several=several)),
            col("Kind", lambda wrong: Fig(one_line(wrong.kind, 80), DIFFERS[wrong.wrongness])),
            col("Served wrongly", _times, "answers"),
            col("Whose answer", _whose),
            num("Alike", _alike, "cosine"),
        ),
        sorted(served, key=lambda wrong: GRAVEST_FIRST.index(wrong.wrongness))[:MOST_ROWS],
        control=is_control(results),
    )


def _question(wrong: WrongAnswer, *, several: bool) -> Fig:
    where = f"suite {one_line(wrong.suite, 40)}: " if several else ""
    href = evidence_link(wrong.variant, wrong.scenario)
    return Fig(one_line(f"{wrong.variant}: {wrong.title}", 120), f"{where}{wrong.scenario}", href=href)


def _times(wrong: WrongAnswer) -> Fig:
    return judged(numbers.share(wrong.times, wrong.of), right=False)


def _whose(wrong: WrongAnswer) -> Fig:
    if not wrong.whose:
        return Fig("nobody's", one_line(wrong.why, 200))
    href = evidence_link(wrong.variant, wrong.whose)
    source = f"exchange {one_line(wrong.source, 90)}"
    return Fig(f"that of: {one_line(wrong.whose_title, 100)}", source, href=href)


def _alike(wrong: WrongAnswer) -> Fig:
    if wrong.wrongness == "foreign":
        return Fig("another conversation")
    if wrong.similarity is None:
        return Fig("not known")
    return Fig(f"{wrong.similarity:.3f}", NEAR if wrong.close else "")
