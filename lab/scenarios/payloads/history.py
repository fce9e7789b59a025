"""Generated conversations: turns in which requirements are given, decisions made and tools asked."""

from __future__ import annotations

from typing import Any

from lab.scenarios.payloads import words
from lab.scenarios.payloads.parts import (
    MOST_FACTS,
    GeneratedFact,
    Parts,
    Payload,
    drawing,
    evenly,
    places,
    spread,
)

Message = dict[str, Any]
Said = tuple[Message, list[Parts]]

_ASKS = (
    (
        "Next is {service}. {who} from the {noun} desk wants {setting} at {value}, not at the "
        "default, as the night batch runs into the morning otherwise. What else would you change "
        "there?"
    ),
    (
        "Please look at {service} too. We measured it again yesterday: {setting} has to be {value}, "
        "says {who}, or the {noun} feed stalls. Does that fit with what we have so far?"
    ),
    (
        "About {service}: I would rather not touch the code. Can we get away with {setting} set to "
        "{value}? {who} tried it on one {noun} node and liked it."
    ),
    (
        "One more thing for {service}. The {noun} people insist on {setting} of {value}; {who} has it "
        "in writing. How would you roll that out?"
    ),
    (
        "Let us go on with {service}. I settled {setting} with {who} this morning, it is {value} now, "
        "and the {noun} checks stay as they are. Anything that worries you?"
    ),
)
_ANSWERS = (
    (
        "That fits. For {service} I wrote the change down as {ticket}, with the {noun} owner as "
        "reviewer, and would keep the rest as it is. We decided earlier not to mix such changes with "
        "renames, and I would hold to that here: one commit, one value, and a dashboard link in the "
        "description."
    ),
    (
        "Yes, and it is small enough for one change. I noted it for {service} under {ticket}. Two "
        "things to watch: the {noun} alarm has its own copy of that limit, and the canary only sees a "
        "tenth of the load, so give it a full day before the second region follows."
    ),
    (
        "It does worry me a little, so {service} gets its own ticket, {ticket}: its pool is shared "
        "with the {noun} jobs. Apply it behind the flag, and keep the old figure in the comment. If "
        "the error rate doubles within an hour, turn the flag off first and ask questions afterwards."
    ),
    (
        "Agreed. I put {service} on the list as {ticket}. Since the {noun} consumers read the "
        "configuration only when they start, they need a rolling restart, and that should not overlap "
        "with the weekly export."
    ),
    (
        "Fine with me. The plan for {service} is {ticket}: change it in staging today, compare the "
        "{noun} counters tomorrow morning, and only then touch production. Nothing else in that file "
        "needs to move."
    ),
)
_TOOL = "Bash"


def history(turns: int, seed: str, tools: bool) -> tuple[list[Message], Payload]:
    """A conversation of so many questions with their answers, and the facts that stand in it.

    With `tools` every third answer looks at a configuration first, in a Bash call with its result.
    """
    wanted = min(MOST_FACTS, 2 * turns)
    messages: list[Message] = []
    facts: list[GeneratedFact] = []
    text = ""
    for n in range(turns):
        for said, own in _turn(seed, n, tools and n % 3 == 1):
            shown = _shown(said)
            facts += [GeneratedFact(fact, len(text) + b, len(text) + e) for fact, b, e in places(shown, own)]
            messages.append(said)
            text += shown + "\n"
    kept = [facts[n] for n in evenly(wanted, len(facts))]
    known = {fact.parts for fact in kept}
    beside = tuple(fact.parts for fact in facts if fact.parts not in known)
    return messages, Payload("history", text, tuple(kept), beside)


def _turn(seed: str, n: int, looks: bool) -> list[Said]:
    draw = drawing(seed, "turn", n)
    service = words.name(seed, n, words.SERVICES, words.NOUNS, "-")
    setting = words.name(seed, n, words.SETTINGS, words.NOUNS)
    value, ticket = (
        str(spread(seed, n, 10_000, 99_991, 6_947)),
        f"OPS-{spread(seed, n, 10_000, 99_991, 7_351)}",
    )
    fills = {
        "service": service,
        "who": words.person(seed, draw.randrange(600)),
        "noun": draw.choice(words.NOUNS),
        "setting": setting,
        "value": value,
        "ticket": ticket,
    }
    asked = {"role": "user", "content": draw.choice(_ASKS).format(**fills)}
    answered = {"role": "assistant", "content": draw.choice(_ANSWERS).format(**fills)}
    said: list[Said] = [(asked, [(setting, value)])]
    if looks:
        call, result, replicas = _look(seed, n, service)
        said += [(call, []), (result, [replicas])]
    return [*said, (answered, [(service, ticket)])]


def _look(seed: str, n: int, service: str) -> tuple[Message, Message, Parts]:
    """A call that prints a service's configuration, and what it prints."""
    draw = drawing(seed, "look", n)
    key = f"toolu_history_{n:03d}"
    file = f"deploy/{service}/limits.yaml"
    port = spread(seed, n, 10_000, 60_013, 4_001)
    lines = [
        f"# {file}",
        f"listen_{words.NOUNS[n % len(words.NOUNS)]}: {port}",
        f"replicas: {draw.randrange(2, 9)}",
        f"region: {draw.choice(words.REGIONS)}",
        *(f"{setting}: {draw.randrange(100, 999)}" for setting in draw.sample(words.SETTINGS, 5)),
    ]
    use = {"type": "tool_use", "id": key, "name": _TOOL, "input": {"command": f"cat {file}"}}
    call = {"role": "assistant", "content": [{"type": "text", "text": "Let me look at its limits."}, use]}
    block = {"type": "tool_result", "tool_use_id": key, "content": "\n".join(lines)}
    return call, {"role": "user", "content": [block]}, (file, str(port))


def _shown(message: Message) -> str:
    """What a reader of this message reads."""
    content = message["content"]
    if isinstance(content, str):
        return content
    blocks = (block.get("text") or block.get("content") or "" for block in content)
    return "\n".join(block for block in blocks if block)
