"""What may be expected of a variant's answer cache, and what it says of itself."""

from __future__ import annotations

from typing import Final

from lab.exchange.answertext import text_change
from lab.exchange.endings import ending_kept, is_cut, same_ending, stops_asked
from lab.exchange.view import ExchangeView
from lab.records.manifest import ScenarioInfo, VariantStatus
from lab.records.models import UpstreamRecord
from lab.wires.canonical import canonical_json
from lab.wires.neutral import NeutralRequest

# A pair this near to a threshold (cosine) may lie on its other side with another model for embeddings.
CLOSE: Final = 0.01
RANKS: Final = {"none": 0, "exact": 1, "semantic": 2}
NO_CACHE: Final = "this variant has no such cache"
# Words with which a gateway says that its cache did not answer; the first word of a statement counts.
DENIALS: Final = frozenset(
    {"miss", "disabled", "false", "no", "none", "bypass", "off", "refresh", "0", "null"}
)

# The names of the limit of an answer's tokens, which have nothing to do with what it says.
LIMITS: Final = ("max_completion_tokens", "max_output_tokens", "max_tokens")
_DELIVERY: Final = frozenset({"stream", "stream_options"})


def why_not_due(variant: VariantStatus, scenario: ScenarioInfo) -> str:
    """Why a hit is not due of this variant, in one sentence; empty if it is."""
    if RANKS.get(variant.cache, 0) < RANKS.get(scenario.cache_needs, 1):
        return NO_CACHE
    alike, threshold = scenario.similarity, variant.cache_threshold
    if scenario.cache_needs == "exact" or threshold is None:
        return ""
    if alike is None:
        return "how alike the two questions are is not known, as the embedding weights are not installed"
    if alike >= threshold:
        return ""
    return f"the two questions are {alike:.3f} alike, less than this variant's threshold of {threshold:g}"


def why_wrong(view: ExchangeView) -> str:
    """Why an earlier answer of the conversation must not be given here, in one sentence; empty if it may.

    An answer that was given under another limit of tokens will do if it is whole and within the new one.
    """
    origin = view.origin
    if origin is None or origin.kind != "cache":
        return ""
    if origin.equal:
        return ""
    if view.scenario.cache_expect in {"may_hit", "must_hit"}:
        return _of_another(view, origin.why)
    return _past_a_miss(view, origin.why)


def _of_another(view: ExchangeView, why: str) -> str:
    """Why a hit that is allowed has the wrong answer: a question asked in between is unlike the first one."""
    apart = view.source.scenario.cache_differs if view.source is not None else None
    return f"{why}, which differs from what is asked here ({apart})" if apart else ""


def _past_a_miss(view: ExchangeView, why: str) -> str:
    """Why a hit that must not be is wrong; empty if only the limit of tokens differs, and is kept."""
    limits = _other_limit(view)
    if limits is None:
        return f"{why}, though this question must miss a cache"
    old, new = limits
    if _cut(view) and old is not None and (new is None or new > old):
        allowed = "no limit is set" if new is None else f"{new} are allowed"
        return f"{why}, cut off at max_tokens {old}, though {allowed} here"
    length = _length(view)
    if length is not None and new is not None and length > new:
        return f"{why}, {length} tokens long, though only {new} are allowed here"
    return ""


def same_words(view: ExchangeView) -> bool:
    """Whether an earlier answer was given to the same words of the same client, with whatever settings."""
    source = view.source
    if source is None or source.exchange.credential != view.exchange.credential:
        return False
    if source.scenario.other_client or view.scenario.other_client:
        return False
    return _asked(source.request_sent()) == _asked(view.request_sent())


def text_changed(view: ExchangeView) -> str:
    """How the text of a cached answer differs from what was given first; empty if it does not, or is unknown.

    One that is cut off at a smaller limit of tokens, and says so, is whole for its client.
    """
    call = _first_call(view)
    if call is None or view.source is None or call.answer_text_sha is None:
        return ""
    got = view.exchange.answer.text_sha or ""
    if got in {call.answer_text_sha, view.source.exchange.answer.text_sha or ""}:
        return ""
    given, arrived = (view.bodies.text(sha) if sha else "" for sha in (call.answer_text_sha, got))
    answer = view.answer_got()
    cut = answer is not None and is_cut(view.kind, answer) and _other_limit(view) is not None
    return "" if cut and given.startswith(arrived.strip()) else text_change(given, arrived)


def ending_changed(view: ExchangeView) -> str:
    """How a cached answer tells its end otherwise than was told first; empty if not, or if it is unknown."""
    call, got = _first_call(view), view.answer_got()
    given = view.source.answer_given(call) if view.source is not None and call is not None else None
    if call is None or view.source is None or given is None or got is None or given.stop_reason is None:
        return ""
    first = view.source.answer_got()
    if first is not None and view.source.kind == view.kind and same_ending(first, got):
        return ""
    if is_cut(view.kind, got) and _other_limit(view) is not None:
        return ""
    stops = stops_asked(view.request_sent().params)
    kept, why = ending_kept(call.wire, given, view.kind, got, stops)
    return why if kept == "changed" else ""


def calls_changed(view: ExchangeView) -> bool:
    """Whether the tool calls of a cached answer are others than were given first."""
    call = _first_call(view)
    if call is None or view.source is None or call.answer_tool_calls is None:
        return False
    came, *first = (
        canonical_json([(one.name, one.input) for one in calls])
        for calls in (
            view.exchange.answer.tool_calls,
            call.answer_tool_calls,
            view.source.exchange.answer.tool_calls,
        )
    )
    return came not in first


def _first_call(view: ExchangeView) -> UpstreamRecord | None:
    """The provider's call whose answer a cache gave again, if it was recorded."""
    return next(reversed(view.source.last_answered), None) if view.source is not None else None


def _other_limit(view: ExchangeView) -> tuple[int | None, int | None] | None:
    """The limits of tokens of the earlier request and of this one, if nothing else differs between them."""
    if view.source is None:
        return None
    (old, before), (new, after) = map(_limit, (view.source.request_sent(), view.request_sent()))
    return (old, new) if before == after and old != new else None


def _limit(request: NeutralRequest) -> tuple[int | None, str]:
    """A request's limit of tokens, and all the rest of it but how the answer is delivered."""
    limit = next((value for name in LIMITS if isinstance(value := request.params.get(name), int)), None)
    rest = {key: value for key, value in request.params.items() if key not in {*LIMITS, *_DELIVERY}}
    return limit, f"{_asked(request)}{canonical_json(rest)}"


def _asked(request: NeutralRequest) -> str:
    """The model, and all that it reads."""
    said = (request.model, request.system, request.system_cache, request.messages, request.tools)
    return f"{said}"


def _cut(view: ExchangeView) -> bool:
    """Whether the answer ends for want of tokens, as the client or the first one was told."""
    views = [one for one in (view, view.source) if one is not None]
    answers = [(one.kind, one.answer_got()) for one in views]
    if view.source is not None:
        answers += [(call.wire, view.source.answer_given(call)) for call in view.source.last_answered[-1:]]
    return any(answer is not None and is_cut(kind, answer) for kind, answer in answers)


def _length(view: ExchangeView) -> int | None:
    """The answer's tokens, as the provider stated them or else as the lab counts them."""
    calls = view.source.last_answered if view.source is not None else ()
    stated = calls[-1].usage.output if calls else None
    return view.exchange.tokens_out if stated is None else stated


def depends_on_embeddings(variant: VariantStatus, scenario: ScenarioInfo) -> bool:
    """Whether a pair is so near to the threshold that another model for embeddings may decide otherwise."""
    alike, threshold = scenario.similarity, variant.cache_threshold
    if scenario.cache_needs == "exact" or alike is None or threshold is None:
        return False
    # Rounded, as 0.96 - 0.95 is more than 0.01 in floating point.
    return round(abs(alike - threshold), 6) <= CLOSE


def claims_hit(claim: str | None) -> bool:
    """Whether what a gateway states of its cache says that the answer came from it.

    A state (`HIT`, `SEMANTIC MISS`, `true`) says so by its words; anything else, such as the key of an
    entry, by being there.
    """
    words = (claim or "").casefold().replace("_", " ").replace("-", " ").split()
    return bool(words) and not DENIALS.intersection(words[:2])
