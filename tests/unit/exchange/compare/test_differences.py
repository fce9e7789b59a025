"""What differs between the request sent and the one forwarded, and what is only another notation."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from lab import wires
from lab.exchange.compare.differences import Differences, compare

PNG = "iVBORw0KGgo="
TOOL = {"name": "Read", "input_schema": {"type": "object", "properties": {}}}
SENT: dict[str, Any] = {
    "model": "m",
    "max_tokens": 256,
    "temperature": 0.3,
    "metadata": {"user_id": "u-1"},
    "tool_choice": {"type": "any"},
    "system": [{"type": "text", "text": "You are brief."}, {"type": "text", "text": "You are kind."}],
    "tools": [TOOL],
    "messages": [
        {"role": "user", "content": "What do a.txt and b.txt say?"},
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "I'll read both."},
                {"type": "tool_use", "id": "t1", "name": "Read", "input": {"path": "a.txt", "n": 1}},
                {"type": "tool_use", "id": "t2", "name": "Read", "input": {"path": "b.txt"}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "t1", "content": "alpha"},
                {
                    "type": "tool_result",
                    "tool_use_id": "t2",
                    "content": [{"type": "text", "text": "beta"}, {"type": "text", "text": "gamma"}],
                },
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
                {"type": "text", "text": "And this picture?"},
            ],
        },
    ],
}
IMAGE = f"data:image/png;base64,{PNG}"
STANDARD = 'service_tier "standard_only" was dropped: the {} wire serves default all the same by default'
CHAT: dict[str, Any] = {
    "model": "other",
    "max_completion_tokens": 256,
    "temperature": 0.3,
    "user": "u-1",
    "top_p": 1,
    "tool_choice": "required",
    "tools": [{"type": "function", "function": {"name": "Read", "parameters": TOOL["input_schema"]}}],
    "messages": [
        {"role": "system", "content": "You are brief.\n\nYou are kind."},
        {"role": "user", "content": "What do a.txt and b.txt say?"},
        {
            "role": "assistant",
            "content": "I'll read both.",
            "tool_calls": [
                {
                    "id": "t1",
                    "type": "function",
                    "function": {"name": "Read", "arguments": '{"n": 1, "path": "a.txt"}'},
                },
                {
                    "id": "t2",
                    "type": "function",
                    "function": {"name": "Read", "arguments": '{"path":"b.txt"}'},
                },
            ],
        },
        {"role": "tool", "tool_call_id": "t1", "content": "alpha"},
        {"role": "tool", "tool_call_id": "t2", "content": "beta gamma"},
        {
            "role": "user",
            "content": [
                {"type": "image_url", "image_url": {"url": IMAGE}},
                {"type": "text", "text": "And this picture?"},
            ],
        },
    ],
}
RESPONSES: dict[str, Any] = {
    "model": "other",
    "max_output_tokens": 256,
    "temperature": 0.3,
    "user": "u-1",
    "store": True,
    "include": ["reasoning.encrypted_content"],
    "tool_choice": "required",
    "tools": [{"type": "function", "name": "Read", "parameters": TOOL["input_schema"]}],
    "instructions": "You are brief. You are kind.",
    "input": [
        {"role": "user", "content": [{"type": "input_text", "text": "What do a.txt and b.txt say?"}]},
        {"type": "function_call", "call_id": "t1", "name": "Read", "arguments": '{"path":"a.txt","n":1.0}'},
        {"type": "function_call", "call_id": "t2", "name": "Read", "arguments": '{"path":"b.txt"}'},
        {"role": "assistant", "content": [{"type": "output_text", "text": "I'll read both."}]},
        {"type": "function_call_output", "call_id": "t2", "output": "beta\n\ngamma"},
        {"type": "function_call_output", "call_id": "t1", "output": "alpha"},
        {
            "role": "user",
            "content": [
                {"type": "input_image", "image_url": IMAGE},
                {"type": "input_text", "text": "And this picture?"},
            ],
        },
    ],
}


def between(sent: dict[str, Any], kind: str, arrived: dict[str, Any]) -> Differences:
    """The differences between an Anthropic request and what arrived on a wire."""
    return compare("messages", wires.read_request("messages", sent), kind, wires.read_request(kind, arrived))


def told(sent: dict[str, Any], arrived: dict[str, Any], kind: str = "messages") -> list[tuple[str, str, str]]:
    """Aspect, change and sentence of every difference."""
    return [(one.aspect, one.change, one.why) for one in between(sent, kind, arrived).found]


def changed(**fields: Any) -> dict[str, Any]:
    """The request with other fields; None takes one out."""
    return {key: value for key, value in (deepcopy(SENT) | fields).items() if value is not None}


def asking(*content: Any, **fields: Any) -> dict[str, Any]:
    """A small request: one user message for each content."""
    return {"max_tokens": 9, "messages": [{"role": "user", "content": one} for one in content], **fields}


def text(words: str, **more: Any) -> dict[str, Any]:
    """A text block."""
    return {"type": "text", "text": words, **more}


def test_the_same_request_has_no_difference() -> None:
    """What is forwarded as it was sent is untouched, but for the model."""
    found = between(SENT, "messages", changed(model="another"))
    assert (found.found, found.rewritten, found.touched) == ((), False, False)
    assert {"system", "text", "image", "tool calls", "tool results", "temperature", "user"} <= found.sent


@pytest.mark.parametrize(("kind", "arrived"), [("chat", CHAT), ("responses", RESPONSES)])
def test_a_faithful_translation_has_no_difference(kind: str, arrived: dict[str, Any]) -> None:
    """Joined texts, renamed parameters, results in another order, calls before their text: all notation."""
    found = between(SENT, kind, arrived)
    assert [one.why for one in found.found] == []
    assert found.rewritten


def test_a_client_on_the_chat_wire_is_compared_the_same_way() -> None:
    """The suites are translated for other wires, so what was sent may be on any."""
    sent, arrived = deepcopy(CHAT), deepcopy(SENT)
    sent["messages"][4]["content"] = arrived["messages"][2]["content"][1]["content"] = "beta\ngamma"
    requests = wires.read_request("chat", sent), wires.read_request("messages", arrived)
    assert compare("chat", requests[0], "messages", requests[1]).found == ()
    arrived["temperature"] = 1
    other = wires.read_request("messages", arrived)
    assert [one.why for one in compare("chat", requests[0], "messages", other).found] == [
        "temperature 0.3 arrived as 1"
    ]


@pytest.mark.parametrize(
    ("arrived", "aspect", "change", "why"),
    [
        (changed(temperature=0.7), "temperature", "changed", "temperature 0.3 arrived as 0.7"),
        (changed(temperature=None), "temperature", "dropped", "temperature 0.3 was dropped"),
        (changed(top_k=40), "top_k", "added", "top_k 40 was added"),
        (changed(max_tokens=128000), "max_tokens", "changed", "max_tokens 256 arrived as 128000"),
        (changed(metadata=None), "user", "dropped", 'metadata.user_id "u-1" was dropped'),
        (
            changed(tool_choice={"type": "auto"}),
            "tool_choice",
            "changed",
            'tool_choice "any" arrived as "auto"',
        ),
        (
            changed(tool_choice={"type": "any", "disable_parallel_tool_use": True}),
            "parallel_tool_calls",
            "added",
            "tool_choice.disable_parallel_tool_use true was added",
        ),
        (
            changed(system=[{"type": "text", "text": "You are kind."}]),
            "system",
            "dropped",
            'the system text 1 of 2 "You are brief." was dropped',
        ),
        (
            changed(system="You are brief.\nYou are kind.\nUse no diagrams."),
            "system",
            "added",
            'system text "Use no diagrams." was added',
        ),
        (
            changed(system="You are kind.\nYou are brief."),
            "system",
            "changed",
            'the system text 2 of 2 "You are kind." arrived in another place',
        ),
        (
            changed(tools=[TOOL, {"name": "Spy", "input_schema": {"type": "object"}}]),
            "tools",
            "added",
            'the tool "Spy" was added',
        ),
    ],
)
def test_every_change_of_parameters_and_prompt_is_told(
    arrived: dict[str, Any], aspect: str, change: str, why: str
) -> None:
    """What, before and after, in one sentence; nothing else is told."""
    assert told(SENT, arrived) == [(aspect, change, why)]


def with_part(place: tuple[int, int], **block: Any) -> dict[str, Any]:
    """The request in which one block of one message is another."""
    request = deepcopy(SENT)
    request["messages"][place[0]]["content"][place[1]] |= block
    return request


@pytest.mark.parametrize(
    ("arrived", "aspect", "why"),
    [
        (
            with_part((1, 0), text="I'll read them both."),
            "text",
            'the assistant text "I\'ll read both." arrived as "I\'ll read them both."',
        ),
        (with_part((1, 1), name="Open"), "tool calls", 'the call of Read 1 of 2 arrived as a call of "Open"'),
        (
            with_part((1, 2), input={"path": "c.txt"}),
            "tool calls",
            'the call of Read 2 of 2 "{\\"path\\":\\"b.txt\\"}" arrived as "{\\"path\\":\\"c.txt\\"}"',
        ),
        (
            with_part((2, 0), content="[cut]"),
            "tool results",
            'the result of Read 1 of 2 "alpha" arrived as "[cut]"',
        ),
        (
            with_part((2, 0), is_error=True),
            "tool results",
            "the result of Read 1 of 2 has is_error true, not false",
        ),
        (
            with_part((2, 2), source={"type": "base64", "media_type": "image/png", "data": "AAAA"}),
            "image",
            "the image/png (sha256:4c4b6a3be131) arrived as other data (sha256:709e80c88487)",
        ),
        (
            with_part((2, 2), source={"type": "base64", "media_type": "image/gif", "data": PNG}),
            "image",
            "the image/png arrived as image/gif",
        ),
    ],
)
def test_every_change_of_the_conversation_is_told(arrived: dict[str, Any], aspect: str, why: str) -> None:
    """The first difference is named, before and after."""
    assert [(one[0], one[2]) for one in told(SENT, arrived)] == [(aspect, why)]


def test_results_that_name_the_wrong_call_are_told() -> None:
    """Swapped ids give one call the other's result, though every text is there."""
    swapped = deepcopy(SENT)
    first, second = swapped["messages"][2]["content"][:2]
    first["tool_use_id"], second["tool_use_id"] = "t2", "t1"
    assert [one[2] for one in told(SENT, swapped)] == [
        'the result of Read 1 of 2 names the call "t2", not "t1"',
        'the result of Read 2 of 2 names the call "t1", not "t2"',
    ]


def test_other_ids_are_a_matter_of_their_own_as_long_as_calls_and_results_match() -> None:
    """Translated ids change the ids, not the history."""
    text = wires.read_request("messages", SENT)
    renamed = deepcopy(SENT)
    for n, block in enumerate(renamed["messages"][1]["content"][1:], 1):
        block["id"] = f"call_{n}"
        renamed["messages"][2]["content"][n - 1]["tool_use_id"] = f"call_{n}"
    found = compare("messages", text, "messages", wires.read_request("messages", renamed))
    assert {one.aspect for one in found.found} == {"tool ids"}
    assert found.found[0].why == 'the call of Read 1 of 2 has the id "call_1" in place of "t1"'


@pytest.mark.parametrize(
    ("sent", "arrived", "change"),
    [
        (["one", "two"], ["one\n\ntwo"], None),
        (["one", "two"], ["onetwo"], ("text", "joined")),
        (["one", " two"], ["one two"], None),
        (["one two"], ["one", "two"], None),
        (["one", "two"], ["one", "two", ""], None),
        (["one", "two"], ["two\none"], ("text", "changed")),
        (["one", "two"], ["one"], ("text", "dropped")),
        (["one \n"], ["one"], ("text", "changed")),
        (["  one"], ["one"], ("text", "changed")),
        (["one"], ["one\n(Answer in French.)"], ("text", "added")),
        (["one"], ["Remember: be nice.", "one"], ("text", "added")),
        (["cafe\u0301"], ["caf\u00e9"], ("text", "changed")),
        (["a\u200bb and more of it"], ["ab and more of it"], ("text", "changed")),
        (["yes", "no", "yes"], ["yes", "no"], ("text", "dropped")),
    ],
)
def test_texts_may_be_joined_or_split_but_not_trimmed_reordered_or_rewritten(
    sent: list[str], arrived: list[str], change: tuple[str, str] | None
) -> None:
    """White space between texts is notation; within a text, and at its ends, it is content."""
    blocks = [{"type": "text", "text": text} for text in arrived]
    found = told(asking(*sent), asking(blocks))
    assert [one[:2] for one in found] == ([change] if change else [])


def test_texts_without_white_space_between_them_are_joined() -> None:
    """That is a category of its own, told with the words at the joint; a space at either side is enough."""
    three = ["How old is the hill?", "And", "why is it so round?"]
    glued = "How old is the hill?Andwhy is it so round?"
    where = "arrived joined to the one before it without white space"
    assert told(asking([text(one) for one in three]), asking(glued)) == [
        ("text", "joined", f'the user text 2 of 3 {where}: "…old is the hill?Andwhy is it so …"'),
        ("text", "joined", f'the user text 3 of 3 {where}: "… is the hill?Andwhy is it so rou…"'),
    ]
    assert told(asking([text("A hill.\n"), text("Old?")]), asking("A hill.\nOld?")) == []
    system = [text("You are brief."), text("You are kind.")]
    arrived = asking("q", system="You are brief.You are kind.")
    found = between(asking("q", system=system), "messages", arrived)
    assert [(one.aspect, one.change) for one in found.found] == [("system", "joined")]
    assert (found.touched, found.of({"system"}), found.of({"system"}, added=True)) == (False, (), ())


@pytest.mark.parametrize(
    ("words", "pieces", "broken"),
    [
        ("How old is the hill?", ["How old is the ", "hill?"], False),
        ("How old is the hill?", ["How old is the", "hill?"], False),
        ("Look:here is one.", ["Look:", "here is one."], False),
        ("How old is the hill?", ["How old is the hi", "ll?"], True),
        ("It costs 1234 now.", ["It costs 12", "34 now."], True),
        ("How old is the hill?", ["How ol", "d is ", "the hill?"], True),
        ("It weighs 1.5 kg.", ["It weighs 1.", "5 kg."], True),
        ("It isn't one.", ["It isn", "'t one."], True),
        ("Call foo_bar.", ["Call foo_", "bar."], True),
        ("A hill.It is old.", ["A hill.", "It is old."], False),
        ("How old? - Old.", ["How old? -", "Old."], False),
    ],
)
@pytest.mark.parametrize("kind", ["messages", "chat"])
def test_a_text_is_not_split_within_a_word(words: str, pieces: list[str], broken: bool, kind: str) -> None:
    """A model may read two words there, wherever blocks meet with white space in a template."""
    found = told(asking(words), asking([text(one) for one in pieces]), kind)
    assert [one[:2] for one in found] == ([("text", "changed")] if broken else [])
    assert all("arrived split within a word" in one[2] for one in found)
    system = between(asking("q", system=words), "messages", asking("q", system=[text(one) for one in pieces]))
    assert bool(system.of({"system"})) is broken


def test_texts_of_a_result_are_joined_too() -> None:
    """A result of several blocks is read as a message is; what is between its texts counts, if it is said."""
    joined = deepcopy(CHAT)
    joined["messages"][4]["content"] = "betagamma"
    why = 'the result of Read 2 of 2 arrived with its texts joined without white space: "betagamma"'
    assert told(SENT, joined, "chat") == [("tool results", "joined", why)]
    joined["messages"][4]["content"] = "beta, gamma"
    assert [one[1] for one in told(SENT, joined, "chat")] == ["changed"]


def test_what_cannot_be_seen_is_spelled_out() -> None:
    """A composed and a decomposed letter look the same, so both are shown by their codes."""
    (one,) = told(asking("A cafe\u0301 in Ghent"), asking("A caf\u00e9 in Ghent"))
    assert one[2] == 'the user text "A cafe\\u0301 in Ghent" arrived as "A caf\\u00e9 in Ghent"'


def test_long_texts_are_quoted_from_shortly_before_their_first_difference() -> None:
    """A reason is a sentence, however long the text."""
    text = "x" * 5000 + " the port is 8080 and the rest follows " + "y" * 5000
    (one,) = told(asking(text), asking(text.replace("8080", "9090")))
    assert "the port is 8080" in one[2]
    assert "the port is 9090" in one[2]
    assert len(one[2]) < 250


def test_a_text_in_other_words_is_gone_and_another_one_was_added() -> None:
    """A rewritten text would be called changed; one that has nothing of it is not it."""
    assert [one[:2] for one in told(asking("Where is Ghent?"), asking("[removed by policy]"))] == [
        ("text", "dropped"),
        ("text", "added"),
    ]


def test_text_that_changes_its_speaker_is_told() -> None:
    """A system prompt in the user's mouth is no system prompt, nor the other way round."""
    sent = asking("Hi", system="You are a bank.")
    (one,) = told(sent, asking("You are a bank.\n\nHi"))
    assert one == ("system", "changed", 'the system text "You are a bank." arrived as user text')
    (other,) = told(asking("Hi", "Bye"), asking("Bye", system="Hi"))
    assert other == ("text", "changed", 'the user text 1 of 2 "Hi" arrived as system text')
    turned = asking("Hi")
    turned["messages"][0]["role"] = "assistant"
    assert [one[1:] for one in told(asking("Hi"), turned)] == [
        ("changed", 'the user text "Hi" arrived as assistant text')
    ]


def test_consecutive_messages_of_one_speaker_are_one_turn() -> None:
    """The provider combines them itself, so a gateway may."""
    assert told(asking("one", "two"), asking([{"type": "text", "text": "one\ntwo"}])) == []


THOUGHT = {"type": "thinking", "thinking": "The tide matters.", "signature": "c2ln"}


def thinking(*blocks: dict[str, Any]) -> dict[str, Any]:
    """A conversation whose earlier answer has these blocks before its text."""
    request = asking("When?", "And now?")
    request["messages"].insert(
        1, {"role": "assistant", "content": [*blocks, {"type": "text", "text": "Noon."}]}
    )
    return request


@pytest.mark.parametrize(
    ("arrived", "why"),
    [
        (thinking(THOUGHT), None),
        (thinking(), 'the thinking block "The tide matters." was dropped'),
        (
            thinking(THOUGHT | {"signature": "c2lo"}),
            'the thinking block "The tide matters." arrived with another signature',
        ),
        (
            thinking(THOUGHT | {"signature": ""}),
            'the thinking block "The tide matters." arrived without its signature',
        ),
    ],
)
def test_thinking_is_kept_with_its_signature(arrived: dict[str, Any], why: str | None) -> None:
    """Without it the provider refuses the block."""
    assert [one[2] for one in told(thinking(THOUGHT), arrived)] == ([why] if why else [])


def test_on_other_wires_thinking_may_lose_its_signature() -> None:
    """They have no place for it; a wire without a block for thinking has none for the text either."""
    kept = thinking(THOUGHT)
    kept["messages"][1] = {"role": "assistant", "content": "Noon.", "reasoning_content": "The tide matters."}
    assert told(thinking(THOUGHT), kept, "chat") == []
    kept["messages"][1].pop("reasoning_content")
    assert told(thinking(THOUGHT), kept, "chat") == [
        (
            "thinking blocks",
            "dropped",
            'the thinking block "The tide matters." was dropped: the chat wire has no such block',
        )
    ]
    assert between(thinking(THOUGHT), "chat", kept).excused({"thinking blocks"})
    said = (("user", "When?"), ("assistant", "Noon."), ("user", "And now?"))
    items = [{"role": role, "content": words} for role, words in said]
    (gone,) = between(thinking(THOUGHT), "responses", {"input": items, "max_output_tokens": 9}).found
    assert (gone.change, gone.excuse) == ("dropped", None)


@pytest.mark.parametrize(("kind", "excuse"), [("messages", None), ("chat", "no_equivalent")])
def test_encrypted_thinking_has_no_equivalent_at_another_provider(kind: str, excuse: str | None) -> None:
    """Only Anthropic can read it; on its own wire it is lost."""
    sent = thinking({"type": "redacted_thinking", "data": "c2ln"})
    (found,) = between(sent, kind, thinking()).found
    assert (found.aspect, found.change, found.excuse) == ("thinking blocks", "dropped", excuse)
    assert found.why.startswith("the redacted thinking block was dropped")


PICTURE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0K" * 8}}


def looking(content: Any, *after: Any) -> dict[str, Any]:
    """A request whose tool call has this result, and what the user says behind it."""
    request = asking("What colour is it?")
    call = {"type": "tool_use", "id": "t1", "name": "Read", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "t1", "content": content}
    request["messages"] += [
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": [result, *after]},
    ]
    return request


SEEN = looking([text("16 x 16"), PICTURE])
POINTER = "16 x 16\n[See the picture below.]"


def test_a_results_picture_in_a_message_of_its_own_has_left_its_result() -> None:
    """On a wire whose results may hold pictures nothing makes it move, and what is said about it is added."""
    moved = ("image", "changed", "an image of the result of Read arrived outside it")
    assert told(SEEN, looking("16 x 16", PICTURE)) == [moved]
    assert told(SEEN, looking(POINTER, text("A tool's picture:"), PICTURE)) == [
        moved,
        ("text", "added", 'tool result text "[See the picture below.]" was added'),
        ("text", "added", 'user text "A tool\'s picture:" was added'),
    ]


@pytest.mark.parametrize(
    ("arrived", "aspects"),
    [
        (looking([text(POINTER), PICTURE]), {"tool results"}),  # the picture is where it was
        (looking(POINTER), {"tool results", "image"}),  # the picture is gone
        (looking("[See the picture below.]", PICTURE), {"tool results", "image"}),  # the text is gone
    ],
)
def test_a_result_in_other_words_is_changed_with_or_without_a_picture(
    arrived: dict[str, Any], aspects: set[str]
) -> None:
    """Words in a result need the picture's move as their reason, and the result's own text before them."""
    assert {one[0] for one in told(SEEN, arrived) if one[1] != "added"} == aspects


def test_a_picture_that_arrives_as_its_base64_is_no_picture() -> None:
    """It is told as what it is: not dropped, and not seen either."""
    sent = asking([PICTURE, text("Blue?")])
    blocks = [text('[{"data": "' + "iVBORw0K" * 8 + '"}]'), text("Blue?")]
    assert ("image", "changed", "the image/png arrived as text, its data in base64") in told(
        sent, asking(blocks)
    )
    assert ("image", "dropped", "the image/png was dropped") in told(sent, asking([text("Blue?")]))


@pytest.mark.parametrize(
    ("kind", "arrived", "why"),
    [
        ("messages", {"thinking": {"type": "enabled", "budget_tokens": 2048}}, None),
        (
            "messages",
            {"thinking": {"type": "enabled", "budget_tokens": 1024}},
            "thinking.budget_tokens 2048 arrived as 1024",
        ),
        ("messages", {}, 'thinking {"type": "enabled", "budget_tokens": 2048} was dropped'),
        ("chat", {"reasoning_effort": "low"}, None),
        ("responses", {"reasoning": {"effort": "medium"}}, None),
        ("ollama_chat", {"think": True, "stream": False}, None),
    ],
)
def test_a_thinking_budget_may_become_an_effort(kind: str, arrived: dict[str, Any], why: str | None) -> None:
    """Other wires have no budgets; on the same wire the number counts."""
    sent = {"thinking": {"type": "enabled", "budget_tokens": 2048}}
    assert [one[2] for one in told(sent, arrived, kind)] == ([why] if why else [])


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("chat", "top_k 40 was dropped: the chat wire has none"),
        ("responses", "top_k 40 was dropped: the responses wire has none"),
        ("messages", "top_k 40 was dropped"),
    ],
)
def test_a_wire_without_a_parameter_drops_it_and_the_reason_says_so(kind: str, why: str) -> None:
    """Where the wire has none it is nobody's fault; on a wire that has it, it is lost."""
    (found,) = between({"top_k": 40}, kind, {}).found
    assert (found.why, found.excuse) == (why, None if kind == "messages" else "no_equivalent")


def test_a_parameter_without_a_name_is_judged_like_the_others() -> None:
    """On its own wire it is lost, by its path; on one that has no such field it is excused."""
    sent = wires.read_request("chat", {"made_up": {"y": 5, "z": 1}, "messages": []})
    for kind, arrived, why, excuse in (
        ("chat", {"made_up": {"z": 1}}, "made_up.y 5 was dropped", None),
        ("messages", {}, 'made_up {"y": 5, "z": 1} was dropped: the messages wire has none', "no_equivalent"),
    ):
        (found,) = compare("chat", sent, kind, wires.read_request(kind, arrived)).found
        assert (found.aspect, found.why, found.excuse) == ("made_up", why, excuse)


@pytest.mark.parametrize("name", ["text", "image", "system"])
def test_a_parameter_that_is_called_like_an_aspect_of_the_conversation_is_a_parameter(name: str) -> None:
    """It is judged with the parameters, and is no text or image that was lost."""
    sent = wires.read_request("chat", {name: "x", "messages": []})
    found = compare("chat", sent, "chat", wires.read_request("chat", {"messages": []}))
    assert [(one.aspect, one.why) for one in found.found] == [
        (f"{name} parameter", f'{name} "x" was dropped')
    ]
    assert f"{name} parameter" in found.sent


def test_asking_for_the_usage_alone_is_listed_but_no_addition_that_counts() -> None:
    """A gateway that counts tokens must ask for them, and no model reads it; to drop it is another thing."""
    bare, asking_too = (
        wires.read_request("chat", {"stream": True, "messages": [], **more})
        for more in ({}, {"stream_options": {"include_usage": True}})
    )
    added = compare("chat", bare, "chat", asking_too)
    assert [(one.change, one.excuse) for one in added.found] == [("added", "not_judged")]
    assert (added.added, added.touched) == ((), False)
    (gone,) = compare("chat", asking_too, "chat", bare).found
    assert (gone.why, gone.excuse) == ("stream_options.include_usage true was dropped", None)


def test_an_anthropic_request_that_is_cut_is_told_field_by_field() -> None:
    """What one public gateway leaves out of a request on its own wire."""
    body = {
        "output_config": {"effort": "max", "format": {"type": "json_schema", "schema": {}}},
        "context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]},
        "inference_geo": "eu",
        "output_format": {"type": "json_schema", "schema": {}},
        "speed": "fast",
        "diagnostics": {"previous_message_id": None},
        "cache_control": {"type": "ephemeral"},
    }
    assert {one[2].partition(" ")[0] for one in told(body, {})} == {
        *("output_config.effort", "output_config.format", "context_management.edits", "inference_geo"),
        *("output_format", "speed", "diagnostics.previous_message_id", "the"),
    }
    assert told(body, body) == []


@pytest.mark.parametrize(
    ("kind", "arrived", "why", "excuse"),
    [
        ("messages", {"service_tier": "standard_only"}, None, None),
        ("messages", {}, 'service_tier "standard_only" was dropped', None),
        ("chat", {"service_tier": "default"}, None, None),
        ("chat", {}, STANDARD.format("chat"), "not_judged"),
        ("responses", {"service_tier": "auto"}, STANDARD.format("responses"), "not_judged"),
        ("chat", {"service_tier": "flex"}, 'service_tier "standard_only" arrived as "flex"', None),
    ],
)
def test_the_standard_tier_may_be_left_out_elsewhere(
    kind: str, arrived: dict[str, Any], why: str | None, excuse: str | None
) -> None:
    """The standard tier is what is left there; the reason quotes what was sent."""
    found = between({"service_tier": "standard_only"}, kind, arrived).found
    assert [(one.why, one.excuse) for one in found] == ([(why, excuse)] if why else [])


def test_a_default_may_be_said_or_left_out() -> None:
    """Temperature 1 is what happens anyway on these wires; on Ollama's it is not."""
    assert told({"temperature": 1, "top_p": 1}, {}, "chat") == []
    assert (
        told({}, {"temperature": 1, "n": 1, "tool_choice": "auto", "parallel_tool_calls": True}, "chat") == []
    )
    assert [one[1:] for one in told({"temperature": 1}, {"stream": False}, "ollama_chat")] == [
        ("dropped", "temperature 1 was dropped")
    ]


@pytest.mark.parametrize(
    ("limit", "why", "excuse"),
    [
        (5, "max_tokens 5 arrived as 16, the least that the responses wire takes", "no_equivalent"),
        (100, "max_tokens 100 arrived as 16", None),
    ],
)
def test_a_limit_may_be_raised_to_the_least_that_a_wire_takes(
    limit: int, why: str, excuse: str | None
) -> None:
    """A limit that another wire cannot express is nobody's fault; a lowered one is."""
    (found,) = between({"max_tokens": limit}, "responses", {"max_output_tokens": 16}).found
    assert (found.why, found.excuse) == (why, excuse)


def test_a_stream_that_is_turned_off_is_told_and_the_other_way_round_is_not() -> None:
    """A client that asked for no stream gets the whole answer either way."""
    assert [one[:2] for one in told({"stream": True}, {})] == [("stream", "changed")]
    assert told({}, {"stream": True}) == []


READ = CHAT["tools"]
READ_AND_EDIT = [*READ, {"type": "function", "function": {"name": "Edit"}}]
NAMED = {"type": "tool", "name": "Read"}


@pytest.mark.parametrize(
    ("choice", "kind", "arrived", "kept"),
    [
        ({"type": "auto"}, "messages", {"tools": [TOOL]}, True),
        ({"type": "any"}, "messages", {"tools": [TOOL]}, False),
        ({"type": "none"}, "messages", {"tools": [TOOL]}, False),
        ({"type": "none"}, "chat", {}, True),
        (NAMED, "chat", {"tools": READ, "tool_choice": "required"}, True),
        (NAMED, "chat", {"tools": READ_AND_EDIT, "tool_choice": "required"}, False),
        (NAMED, "chat", {"tools": READ, "tool_choice": "auto"}, False),
    ],
)
def test_a_choice_of_tools_is_kept_by_its_meaning(
    choice: dict[str, Any], kind: str, arrived: dict[str, Any], kept: bool
) -> None:
    """auto is the default, none needs no tools, and with one tool any tool is that one."""
    found = between({"tools": [TOOL], "tool_choice": choice}, kind, arrived)
    assert (not found.of({"tool_choice"})) is kept


def test_a_choice_of_tools_that_a_wire_cannot_express_is_excused() -> None:
    """Ollama's wire has no word for it."""
    sent = {"tools": [TOOL], "tool_choice": {"type": "any"}}
    found = between(sent, "ollama_chat", {"tools": READ, "stream": False})
    assert found.of({"tool_choice"}) == ()
    assert [one.excuse for one in found.excused({"tool_choice"})] == ["no_equivalent"]


MARK = {"cache_control": {"type": "ephemeral"}}
HOUR = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}


@pytest.mark.parametrize(
    ("sent", "arrived", "kind", "why"),
    [
        (asking([text("a", **MARK)]), asking([text("a", **MARK)]), "messages", None),
        (asking([text("a", **MARK)]), asking("a"), "messages", 'the cache mark on user text "a" was dropped'),
        (
            asking("q", system=[text("a"), text("b", **HOUR)]),
            asking("q", system=[text("a\nb", **HOUR)]),
            "messages",
            None,
        ),
        (
            asking("q", system=[text("a", **HOUR)]),
            asking("q", system=[text("a", **MARK)]),
            "messages",
            'the cache mark on system text "a" lasts 5m in place of 1h',
        ),
        (
            asking("q"),
            asking([text("q", **MARK)]),
            "messages",
            'a cache mark was added on user text "q"',
        ),
        (
            asking("q", tools=[TOOL | MARK]),
            asking("q", tools=[{"type": "function", "function": {"name": "Read"}}]),
            "chat",
            "the cache mark on tool Read was dropped: providers on the chat wire cache by themselves",
        ),
        (
            asking([text("a", **HOUR)]),
            asking([text("a", prompt_cache_breakpoint={"mode": "explicit"})]),
            "chat",
            None,
        ),
        (asking("q", **MARK), asking("q"), "messages", "the cache mark on whole request was dropped"),
    ],
)
def test_cache_marks_are_kept_where_they_were_set(
    sent: dict[str, Any], arrived: dict[str, Any], kind: str, why: str | None
) -> None:
    """At the end of the same content and for as long; joined texts bear it at their end."""
    assert [one[2] for one in told(sent, arrived, kind)] == ([why] if why else [])


@pytest.mark.parametrize("kind", ["messages", "chat", "responses", "ollama_chat"])
def test_cache_marks_are_needed_on_anthropics_wire_alone(kind: str) -> None:
    """Other providers cache without being told to."""
    found = between(asking([text("a", **MARK)]), kind, {})
    assert len(found.of({"cache marks"})) == (1 if kind == "messages" else 0)
    assert len(found.excused({"cache marks"})) == (0 if kind == "messages" else 1)


@pytest.mark.parametrize("body", [{}, {"messages": None}, {"messages": [1, {"role": 5}]}, {"input": {}}])
@pytest.mark.parametrize("kind", ["messages", "chat", "responses", "ollama_chat", "ollama_generate"])
def test_whatever_arrives_can_be_compared(kind: str, body: dict[str, Any]) -> None:
    """A gateway may forward anything."""
    found = between(SENT, kind, body)
    assert {one.aspect for one in found.found if one.change == "dropped"} >= {
        "system",
        "temperature",
        "image",
    }
