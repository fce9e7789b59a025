"""Token counts: exact against a second tokenizer, and untouched by translation between wires."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
import quicktok

from lab import tokens, wires
from lab.tokens import TokenParts, count, count_each, count_parts, count_text

OTHER = quicktok.get_encoding("o200k_base")

STRINGS = [
    "",
    " ",
    "What does git stash do?",
    "The quick brown fox   jumps\n\n\tover  the lazy dog.",
    json.dumps({"name": "my-app", "list": [1, 2.5, None, True], "nested": {"äöü": "日本語"}}, indent=2),
    'def f(x: int) -> str:\n    return f"{x!r}"  # comment\n',
    "SELECT * FROM t WHERE a = 'b''c'; -- ok",
    "Ünïcödé: ελληνικά, русский, עברית, العربية, हिन्दी, ไทย, 한국어, 中文, 日本語",
    "emoji 👩‍👩‍👧‍👦 🏳️‍🌈 🇩🇪 👍🏽 family",
    "<|endoftext|> <|im_start|>system<|im_end|> <|fim_prefix|>",
    "zero\u200bwidth\u2028line\u00a0space\ufeff",
    "a" * 3000,
    "0123456789" * 200,
    "\x1b[31mred\x1b[0m \x00 null \x07 bell",
    "https://example.org/a/b?c=d&e=%20f#g",
]


@pytest.mark.parametrize("text", STRINGS)
def test_counts_agree_with_a_second_tokenizer(text: str) -> None:
    """Two independent o200k_base implementations count the same, special-token text as plain text."""
    assert count_text(text) == len(OTHER.encode_ordinary(text))


def test_random_strings_of_all_planes_agree_with_a_second_tokenizer() -> None:
    """Random text from many Unicode blocks is counted the same by both implementations."""
    random_ = random.Random(7)
    blocks = [(32, 126), (0xA0, 0x24F), (0x370, 0x5FF), (0x900, 0xDFF), (0x3040, 0x9FFF), (0x1F300, 0x1FAFF)]
    texts = []
    for _ in range(300):
        chars = [chr(random_.randint(*random_.choice(blocks))) for _ in range(random_.randint(1, 80))]
        texts.append("".join(chars))
    assert count_each(texts) == [len(OTHER.encode_ordinary(text)) for text in texts]


def test_counting_again_and_in_other_batches_changes_nothing() -> None:
    """Remembered texts, repeated texts and the order of a batch do not change a count."""
    alone = [count_text(text) for text in STRINGS]
    mixed = [*reversed(STRINGS), "something new", *STRINGS]
    assert count_each(mixed) == [*reversed(alone), count_text("something new"), *alone]
    assert count(mixed) == 2 * sum(alone) + count_text("something new")


def test_memory_for_texts_is_bounded() -> None:
    """Counting very many different texts does not keep them all, and long ones never."""
    for n in range(40):
        count_each([f"text {n} {i}" for i in range(100)])
    count_text("x" * 1_000_000)
    count_text("short")
    assert len(tokens._remembered) <= 1024 + 101
    assert "short" in tokens._remembered
    assert max(map(len, tokens._remembered)) <= 16_384


def test_lone_surrogates_are_counted_and_not_fatal() -> None:
    """JSON can spell half of a surrogate pair; such a text is counted with a replacement."""
    assert count_text("half \ud83d pair") == count_text("half ? pair")


WORDS = ["alpha", "naïve", "日本", 'say "hi"', "line\nbreak", "tab\t", "🙂", "C:\\dir", "1.5", "</a>", ""]


class Conversation:
    """A random conversation, rendered on every wire from the same choices."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.system = self.text() if seed % 3 else ""
        self.tools = [
            {"name": f"tool_{n}", "description": self.text(), "schema": self.schema()}
            for n in range(seed % 4)
        ]
        self.turns: list[dict[str, Any]] = []
        for n in range(self.random.randint(1, 4)):
            self.turns.append({"user": self.text()})
            call = {"id": f"call_{n}", "name": f"tool_{n}", "input": self.value(2), "result": self.text()}
            self.turns.append({"said": self.text(), "call": call})
        self.turns.append({"user": self.text()})

    def text(self) -> str:
        """A random sentence."""
        return " ".join(self.random.choices(WORDS, k=self.random.randint(1, 12))) + "."

    def value(self, depth: int) -> dict[str, Any]:
        """A random JSON object."""
        keys = self.random.sample(
            ["zeta", "alpha", "mid", "key with space", "ключ"], self.random.randint(1, 4)
        )
        leaf = [self.text(), 7, 2.25, True, None, [1, "two", {"b": 1, "a": 2}]]
        return {
            key: self.value(depth - 1) if depth and self.random.random() < 0.3 else self.random.choice(leaf)
            for key in keys
        }

    def schema(self) -> dict[str, Any]:
        """A random tool schema."""
        names = self.random.sample(["path", "limit", "query", "all"], self.random.randint(0, 3))
        return {
            "type": "object",
            "properties": {name: {"type": "string", "description": self.text()} for name in names},
            "required": names,
        }

    def disorder(self, value: Any) -> Any:
        """The same JSON with its keys in another order."""
        if isinstance(value, dict):
            keys = list(value)
            self.random.shuffle(keys)
            return {key: self.disorder(value[key]) for key in keys}
        return [self.disorder(item) for item in value] if isinstance(value, list) else value

    def messages(self) -> dict[str, Any]:
        """The conversation on the Anthropic wire."""
        out: list[dict[str, Any]] = []
        for turn in self.turns:
            if "user" in turn:
                out.append({"role": "user", "content": turn["user"]})
                continue
            call = turn["call"]
            use = {"type": "tool_use", "id": call["id"], "name": call["name"], "input": call["input"]}
            out.append({"role": "assistant", "content": [{"type": "text", "text": turn["said"]}, use]})
            result = {"type": "tool_result", "tool_use_id": call["id"]}
            blocks = [{"type": "text", "text": call["result"]}]
            out.append({"role": "user", "content": [result | {"content": blocks}]})
        tools = [
            {"name": t["name"], "description": t["description"], "input_schema": t["schema"]}
            for t in self.tools
        ]
        return {"model": "m", "max_tokens": 9, "system": self.system, "messages": out, "tools": tools}

    def functions(self) -> list[dict[str, Any]]:
        """The tools as functions, keys shuffled."""
        return [
            {"name": t["name"], "description": t["description"], "parameters": self.disorder(t["schema"])}
            for t in self.tools
        ]

    def chat(self, *, as_text: bool = True) -> dict[str, Any]:
        """On the chat wire, or on Ollama's, which has arguments as objects."""
        out: list[dict[str, Any]] = [{"role": "system", "content": self.system}] if self.system else []
        for turn in self.turns:
            if "user" in turn:
                out.append(
                    {
                        "role": "user",
                        "content": [{"type": "text", "text": turn["user"]}] if as_text else turn["user"],
                    }
                )
                continue
            call = turn["call"]
            given = self.disorder(call["input"])
            arguments = json.dumps(given, indent=self.random.choice([None, 2, 8])) if as_text else given
            function = {"name": call["name"], "arguments": arguments}
            calls = [{"id": call["id"], "type": "function", "function": function}]
            out.append({"role": "assistant", "content": turn["said"], "tool_calls": calls})
            out.append({"role": "tool", "tool_call_id": call["id"], "content": call["result"]})
        tools = [{"type": "function", "function": function} for function in self.functions()]
        return {"model": "m", "messages": out, "tools": tools}

    def responses(self) -> dict[str, Any]:
        """The conversation on the Responses wire."""
        out: list[dict[str, Any]] = []
        for turn in self.turns:
            if "user" in turn:
                out.append({"role": "user", "content": [{"type": "input_text", "text": turn["user"]}]})
                continue
            call = turn["call"]
            said = [{"type": "output_text", "text": turn["said"], "annotations": []}]
            out.append({"type": "message", "role": "assistant", "content": said})
            arguments = json.dumps(self.disorder(call["input"]), ensure_ascii=False)
            ids = {"call_id": call["id"]}
            out.append({"type": "function_call", "name": call["name"], "arguments": arguments} | ids)
            out.append({"type": "function_call_output", "output": call["result"]} | ids)
        tools = [{"type": "function", "strict": False} | function for function in self.functions()]
        return {"model": "m", "instructions": self.system or None, "input": out, "tools": tools}


@pytest.mark.parametrize("seed", range(60))
def test_translating_a_request_between_wires_changes_no_count(seed: int) -> None:
    """The same conversation counts the same on all four wires, whatever order or spacing its JSON has."""
    conversation = Conversation(seed)
    expected = count_parts(wires.read_request("messages", conversation.messages()))
    assert expected.messages > 0
    assert count_parts(wires.read_request("chat", conversation.chat())) == expected
    assert count_parts(wires.read_request("responses", conversation.responses())) == expected
    assert count_parts(wires.read_request("ollama_chat", conversation.chat(as_text=False))) == expected


def test_parts_add_up_from_an_independent_count() -> None:
    """Each part is what the second tokenizer counts in the texts that belong to it."""
    body = {
        "system": [{"type": "text", "text": "Be brief."}, {"type": "text", "text": "Be kind."}],
        "messages": [
            {"role": "user", "content": "Read a.txt"},
            {
                "role": "assistant",
                "content": [{"type": "tool_use", "id": "x", "name": "Read", "input": {"p": "a.txt"}}],
            },
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "x", "content": "hello"}]},
        ],
        "tools": [{"name": "Read", "description": "Reads", "input_schema": {"type": "object"}}],
    }
    texts = {
        "system": ["Be brief.", "Be kind."],
        "messages": ["Read a.txt", "Read", '{"p":"a.txt"}', "hello"],
        "tools": ["Read", "Reads", '{"type":"object"}'],
    }
    expected = {part: sum(len(OTHER.encode_ordinary(t)) for t in some) for part, some in texts.items()}
    assert count_parts(wires.read_request("messages", body)) == TokenParts(**expected)


def test_adding_or_removing_content_changes_the_count() -> None:
    """One more tool, one more word, one message less: each moves the part it belongs to."""
    conversation = Conversation(7)
    before = count_parts(wires.read_request("chat", conversation.chat()))
    body = conversation.chat()
    body["tools"].append({"type": "function", "function": {"name": "extra", "description": "One more."}})
    assert count_parts(wires.read_request("chat", body)).tools > before.tools
    body = conversation.chat()
    del body["messages"][-1]
    assert count_parts(wires.read_request("chat", body)).messages < before.messages
    body = conversation.chat()
    body["messages"].insert(0, {"role": "system", "content": "Injected rules."})
    assert count_parts(wires.read_request("chat", body)).system == before.system + count_text(
        "Injected rules."
    )


def test_whole_floats_count_like_integers() -> None:
    """JavaScript prints 1.0 as 1; a gateway written in it adds and removes nothing by that."""
    call = {"type": "tool_use", "id": "x", "name": "f"}
    spelled = [
        wires.read_request(
            "messages", {"messages": [{"role": "assistant", "content": [call | {"input": value}]}]}
        )
        for value in ({"a": 1.0, "b": [2.0, 0.5]}, {"b": [2, 0.5], "a": 1})
    ]
    assert count_parts(spelled[0]) == count_parts(spelled[1])
