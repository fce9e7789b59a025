"""The table of fields per wire, held against the types that the providers publish."""

from __future__ import annotations

import typing
from importlib.metadata import version
from typing import Any

import pytest
from anthropic.types import message_create_params as stable
from anthropic.types.beta import beta_output_config_param
from anthropic.types.beta import message_create_params as beta
from anthropic.types.metadata_param import MetadataParam
from anthropic.types.output_config_param import OutputConfigParam
from openai.types.chat import completion_create_params as chat
from openai.types.chat.chat_completion_stream_options_param import ChatCompletionStreamOptionsParam
from openai.types.responses import response_create_params as responses
from openai.types.responses.response_text_config_param import ResponseTextConfigParam
from openai.types.shared_params.reasoning import Reasoning

from lab import wires
from lab.exchange.compare.efforts import BANDS, NEAREST
from lab.wires.units import SDKS, UNITS
from lab.wires.wirefields import FIELDS, HOLDERS, TIERS, UNTYPED, family, wire_has

CONTENTS = {"model", "messages", "system", "tools", "functions", "input", "instructions"}
# The SDK sends these as headers.
SENT_AS_HEADERS = {"betas", "user_profile_id", "workspace_id"}
TYPES: dict[str, list[Any]] = {
    "messages": [stable.MessageCreateParamsNonStreaming, beta.MessageCreateParamsNonStreaming],
    "chat": [chat.CompletionCreateParamsNonStreaming],
    "responses": [responses.ResponseCreateParamsNonStreaming],
}
HELD: dict[tuple[str, str], list[Any]] = {
    ("messages", "metadata"): [MetadataParam],
    ("messages", "output_config"): [beta_output_config_param.BetaOutputConfigParam],
    ("chat", "prompt_cache_options"): [chat.PromptCacheOptions],
    ("chat", "stream_options"): [ChatCompletionStreamOptionsParam],
    ("responses", "background_options"): [responses.BackgroundOptions],
    ("responses", "image"): [responses.Image],
    ("responses", "prompt_cache_options"): [responses.PromptCacheOptions],
    ("responses", "reasoning"): [Reasoning],
    ("responses", "stream_options"): [responses.StreamOptions],
    ("responses", "text"): [ResponseTextConfigParam],
}


def named(types: list[Any]) -> set[str]:
    """All keys of these typed dictionaries."""
    return {name for one in types for name in typing.get_type_hints(one)}


@pytest.mark.parametrize("kind", TYPES)
def test_each_wire_has_exactly_the_fields_that_its_provider_publishes(kind: str) -> None:
    """No more, so that no gateway must say what it cannot, and no less, so that nothing is excused."""
    ours = {path.partition(".")[0] for path in FIELDS[kind]} - UNTYPED.get(kind, frozenset())
    assert ours == named(TYPES[kind]) - CONTENTS - SENT_AS_HEADERS


@pytest.mark.parametrize(("kind", "holder"), HELD)
def test_objects_that_hold_parameters_have_exactly_the_published_keys(kind: str, holder: str) -> None:
    """They are compared key by key."""
    assert holder in HOLDERS
    ours = {path.partition(".")[2] for path in FIELDS[kind] if path.startswith(f"{holder}.")}
    assert ours == named(HELD[kind, holder])


def test_what_the_newest_types_left_out_is_listed_as_such() -> None:
    """Older models take them; if the types have them again, they need no exception."""
    assert not UNTYPED["messages"] & named(TYPES["messages"])
    assert UNTYPED["messages"] < FIELDS["messages"]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_every_place_of_a_unit_is_a_field_of_its_wire(unit: Any) -> None:
    """A row cannot name a field that is not there."""
    assert unit.source
    for kind, paths in unit.places.items():
        assert [path for path in paths if not wire_has(kind, path)] in (
            [],
            ["tool_choice.disable_parallel_tool_use"],
        )


@pytest.mark.parametrize(
    ("kind", "path", "there"),
    [
        ("messages", "thinking.display", True),
        ("messages", "metadata.user_id", True),
        ("messages", "metadata.team", False),
        ("chat", "metadata.team", True),
        ("chat", "seed", True),
        ("messages", "seed", False),
        ("responses", "seed", False),
        ("chat", "reasoning.effort", False),
        ("messages", "output_config.task_budget", True),
        ("messages", "output_config.made_up", False),
        ("ollama_generate", "options.num_ctx", True),
        ("ollama_generate", "raw", True),
        ("ollama_chat", "raw", False),
    ],
)
def test_a_wire_has_a_field_or_has_none(kind: str, path: str, there: bool) -> None:
    """Within a field everything is the field's; within a holder each key counts."""
    assert wire_has(kind, path) is there


def test_every_kind_of_request_has_a_family() -> None:
    """Whatever arrives can be compared."""
    assert {family(kind) for kind in wires.KINDS} == set(FIELDS)


def literals(annotation: Any) -> set[Any]:
    """The values of a Literal, within an Optional or without."""
    if typing.get_origin(annotation) is typing.Literal:
        return set(typing.get_args(annotation))
    return {value for inner in typing.get_args(annotation) for value in literals(inner)}


def test_tiers_and_efforts_are_those_that_are_published() -> None:
    """The words of the table of units are the providers' own."""
    hints = typing.get_type_hints
    anthropics = literals(hints(stable.MessageCreateParamsNonStreaming)["service_tier"])
    openais = literals(hints(chat.CompletionCreateParamsNonStreaming)["service_tier"]) | literals(
        hints(responses.ResponseCreateParamsNonStreaming)["service_tier"]
    )
    assert anthropics == TIERS["messages"]
    assert openais == TIERS["chat"]
    efforts = literals(hints(Reasoning)["effort"]) - {None, "none"}
    assert efforts == {band.effort for band in BANDS}
    assert (
        literals(hints(OutputConfigParam)["effort"])
        == efforts - {"minimal"}
        == efforts - NEAREST["messages"].keys()
    )


@pytest.mark.parametrize("package", ["anthropic", "openai"])
def test_the_table_names_the_versions_that_it_is_held_against(package: str) -> None:
    """Whoever updates a package reads the table again."""
    assert f"{package} {version(package)}" in SDKS
