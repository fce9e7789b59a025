"""How models fit a plan: contexts, times, and the words for both."""

from __future__ import annotations

import pytest

from lab.engines.modelserver.providing import Provided
from lab.engines.modelserver.said import Shown, Timed
from lab.records.manifest import ServedModel
from lab.run import fit
from lab.run.needs import asked_of
from tests.unit.run.planned import TOOL, plan, scenario

LONG = scenario("LONG", "word " * 6000)
SHORT = scenario("SHORT")
FAST = fit.pace_of(Timed(1.0, 200, 10, 1000.0, 32.0), 100, 32)


def served(context: int | None = None, trained: int | None = 32768) -> dict[str, ServedModel]:
    """A model of the tier SIMPLE with these contexts."""
    return {"SIMPLE": ServedModel(asked_for="m", served_as="m", context=context, trained_context=trained)}


def test_a_pace_counts_in_the_model_s_own_tokens() -> None:
    """As many as its server counted in the timed answer."""
    asked = asked_of(plan(LONG))["LONG"]
    assert fit.tokens_in(asked, FAST) == 2 * asked.tokens
    assert fit.tokens_in(asked, None) == asked.tokens
    assert FAST.seconds(2000) == pytest.approx(2.0 + 1.0)


def test_without_rates_a_request_takes_as_long_as_the_timed_answer() -> None:
    """A server may state none."""
    assert fit.pace_of(Timed(4.0), 100, 32).seconds(9999) == 4.0


def test_what_does_not_fit_into_the_context_in_force_is_said_with_its_size() -> None:
    """And that it is an estimate; the next step is a setting if the model could take it."""
    made = plan(SHORT, LONG)
    (problem,) = fit.context_problems(made, asked_of(made), served(4096), {"SIMPLE": FAST})
    assert problem.what == "ollama.models.SIMPLE"
    assert "1 of 2 scenarios do not fit into its context of 4,096 tokens" in problem.why
    assert "LONG has about 12," in problem.why
    assert "estimated" in problem.why
    assert "OLLAMA_CONTEXT_LENGTH" in problem.next_step
    assert not problem.fatal


def test_tokens_that_the_server_counts_are_no_estimate() -> None:
    """llama.cpp's does."""
    made = plan(SHORT, LONG)
    pace = fit.pace_of(Timed(1.0, 200, 10), 100, 32, {"SHORT": 12, "LONG": 7000})
    assert fit.tokens_in(asked_of(made)["LONG"], pace) == 7000
    (problem,) = fit.context_problems(made, asked_of(made), served(4096), {"SIMPLE": pace})
    assert "LONG has about 7,000 (counted by the server, without its template)" in problem.why
    assert "estimated" not in problem.why


def test_a_context_that_no_setting_raises_is_told_apart() -> None:
    """The model was made for less."""
    made = plan(SHORT, LONG)
    (problem,) = fit.context_problems(made, asked_of(made), served(2048, 2048), {"SIMPLE": FAST})
    assert "choose a model with a longer context" in problem.next_step


@pytest.mark.parametrize("models", [served(32768), served(None, None), served(None, 32768)])
def test_what_fits_or_is_not_known_is_no_problem(models: dict[str, ServedModel]) -> None:
    """Nothing is said on a guess."""
    made = plan(SHORT, LONG)
    assert list(fit.context_problems(made, asked_of(made), models, {"SIMPLE": FAST})) == []


def test_scenarios_that_a_variant_is_not_asked_do_not_count() -> None:
    """They never reach the model."""
    made = plan(SHORT, LONG, cannot={"LONG": {"ollama": "it offers tools"}})
    assert list(fit.context_problems(made, asked_of(made), served(4096), {"SIMPLE": FAST})) == []


def test_answers_that_would_take_longer_than_the_limit_are_said() -> None:
    """Else they end as failures of whoever was asked."""
    made = plan(SHORT, LONG)
    slow = fit.pace_of(Timed(9.0, 100, 10, 50.0, 10.0), 100, 32)
    (problem,) = fit.time_problems(made, asked_of(made), served(None), {"SIMPLE": slow})
    assert "1 of 2 scenarios may take longer than limits.exchange_timeout_s=90" in problem.why
    assert list(fit.time_problems(made, asked_of(made), served(None), {"SIMPLE": FAST})) == []


def test_a_cut_prompt_takes_no_longer_than_the_context() -> None:
    """The model reads no more."""
    made = plan(LONG)
    slow = fit.pace_of(Timed(9.0, 100, 10, 100.0, 32.0), 100, 32)
    whole = fit.length(made, asked_of(made), served(None), {"SIMPLE": slow})
    cut = fit.length(made, asked_of(made), served(4096), {"SIMPLE": slow})
    assert cut[0] == pytest.approx(2 * (40.96 + 1.0), abs=0.2)
    assert whole[0] > cut[0]


def test_a_variant_that_gets_the_context_it_needs_reads_it_all() -> None:
    """Its row takes longer than that of the vendor's defaults."""
    slow = fit.pace_of(Timed(9.0, 100, 10, 100.0, 32.0), 100, 32)
    rows = [plan(LONG, variants=(name,)) for name in ("ollama", "ollama-context")]
    cut, whole = (fit.length(made, asked_of(made), served(4096), {"SIMPLE": slow}) for made in rows)
    assert whole[0] == pytest.approx(
        fit.length(rows[0], asked_of(rows[0]), served(None), {"SIMPLE": slow})[0]
    )
    assert whole[0] > cut[0]


def test_the_length_of_a_run_counts_what_routers_may_send_apart() -> None:
    """Repeats count, and the control is answered by script."""
    alone = plan(SHORT)
    paces = {"SIMPLE": FAST}
    least, most = fit.length(alone, asked_of(alone), served(), paces)
    assert least == most == pytest.approx(2.0, abs=0.2)
    routed = plan(SHORT, variants=("direct", "litellm-router", "ollama"))
    alike, more = fit.length(routed, asked_of(routed), served(), paces)
    assert alike == least
    assert more == pytest.approx(2 * least, abs=0.2)
    assert "about" in fit.in_words((least, most))
    assert "up to 3 min if routers" in fit.in_words((10.0, 180.0))


def test_a_capability_that_is_missing_says_what_comes_of_it() -> None:
    """How many scenarios need it, and how many are not asked for it."""
    made = plan(SHORT, scenario("T", tools=[TOOL]))
    shown = Shown(("completion",), frozenset({"tools", "vision"}))
    provided = Provided(names={"SIMPLE": "m"}, shown={"SIMPLE": shown})
    cannot = {"T": {"ollama": "it offers tools"}}
    (problem,) = fit.capability_problems(asked_of(made).values(), provided, cannot)
    assert "m does not take tools; scenarios that need it: 1, of which 1 are unsupported" in problem.why


def test_an_embedding_model_that_embeds_nothing_is_said() -> None:
    """It is used all the same, as the server takes it."""
    shown = Shown(("completion",), frozenset({"embedding"}))
    provided = Provided(names={"embeddings": "m"}, shown={"embeddings": shown})
    (problem,) = fit.capability_problems([], provided, {})
    assert problem.what == "ollama.embeddings"


def test_a_model_is_told_in_one_line() -> None:
    """Only what is known of it."""
    model = ServedModel(
        asked_for="a.gguf",
        served_as="lab/a-01234567",
        capabilities=("completion", "tools"),
        trained_context=8192,
        context=4096,
        load_s=0.34,
        answer_s=1.0,
        read_per_s=250.4,
        write_per_s=31.0,
    )
    assert fit.sentence("SIMPLE", model) == (
        "SIMPLE: lab/a-01234567 (a.gguf); loaded in 0.3 s; context 4,096 of 8,192 tokens; completion, tools; "
        "reads 250 and writes 31 tokens per s"
    )
    bare = ServedModel(asked_for="m", served_as="m", answer_s=2.0)
    assert fit.sentence("MEDIUM", bare) == "MEDIUM: m; a short answer took 2.0 s"
