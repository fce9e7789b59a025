"""Which prompt of a growing log belongs to which call of an exchange."""

from __future__ import annotations

from lab.behind.seen import Handed, Seen
from lab.behind.tracelog import TraceLog
from tests.unit.behind.test_trace import CUT, READ, ended, traced


class Log:
    """A log in memory that grows when told to, or when it is looked at."""

    def __init__(self, *later: str) -> None:
        self.text = b""
        self.later = [piece.encode() for piece in later]

    def read(self, position: int) -> bytes:
        """From a byte on; each look lets one more piece appear."""
        found = self.text[position:]
        if self.later:
            self.text += self.later.pop(0)
        return found


def handed(path: str = "/v1/messages", status: int = 200, *, aborted: bool = False) -> Handed:
    """A call as the meter tells of it."""
    return Handed(path, b"{}", "tiny", status, aborted)


def look(log: Log, *calls: Handed) -> list[Seen]:
    """What is seen of an exchange's calls, without waiting long."""
    return TraceLog(log.read, patience_s=0.2).seen(calls)


def test_each_call_has_its_own_prompt_in_order() -> None:
    """Two calls of one exchange, on two wires."""
    log = Log(
        traced("one") + READ.format(n=3) + ended(), traced("two") + READ.format(n=4) + ended("/api/chat")
    )
    first, second = look(log, handed(), handed("/api/chat"))
    assert (first.by, first.prompt, first.tokens, first.cut) == ("trace", "one", 3, False)
    assert (second.prompt, second.tokens) == ("two", 4)


def test_a_cut_is_seen_with_both_lengths_and_the_context() -> None:
    """The headline of a model server."""
    (seen,) = look(Log(traced("long") + CUT + READ.format(n=4096) + ended()), handed())
    assert (seen.tokens, seen.tokens_whole, seen.keep, seen.context, seen.cut) == (4096, 18906, 4, 4096, True)


def test_the_line_of_a_call_is_waited_for() -> None:
    """The client has its answer before the server writes its line."""
    (seen,) = look(Log("", "", traced("one"), "", ended()), handed())
    assert seen.prompt == "one"


def test_what_was_logged_before_an_exchange_is_not_its_own() -> None:
    """Warm-ups and abandoned calls leave prompts behind."""
    log = Log(traced("before") + ended() + traced("abandoned"))
    seen_behind = TraceLog(log.read, patience_s=0.2)
    log.read(0)
    seen_behind.begin()
    log.text += (traced("mine") + ended()).encode()
    (seen,) = seen_behind.seen([handed()])
    assert seen.prompt == "mine"


def test_calls_that_do_not_match_the_log_are_not_seen_and_say_why() -> None:
    """A wrong prompt under a call would be worse than none."""
    (seen,) = look(Log(ended() + traced("x") + ended()), handed())
    assert (seen.by, seen.prompt) == (None, None)
    assert seen.why == "the server's log tells of 2 calls, and the meter of 1"
    assert [one.by for one in look(Log(), handed(), handed())] == [None, None]
    (other_wire,) = look(Log(traced("x") + ended("/api/chat")), handed())
    assert other_wire.by is None


def test_a_refused_call_and_one_without_a_prompt_say_so() -> None:
    """Nothing reached the model, or the log does not trace."""
    refused, untraced = look(Log(ended(status=400) + ended()), handed(status=400), handed())
    assert refused.why == "the server refused the call: HTTP 400"
    assert untraced.why == "the server's log holds no prompt for the call; it may not trace"


def test_an_abandoned_call_is_told_apart_from_a_silent_log() -> None:
    """Its line may come late, or with another status."""
    (seen,) = look(Log(traced("x") + ended(status=500)), handed(status=499, aborted=True))
    assert seen.why == "the client went away, and the log does not tell the calls apart"
