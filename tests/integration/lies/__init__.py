"""What the lying gateway does, lie by lie, and the check that must catch it: by name, there, and for that."""

from __future__ import annotations

from tests.integration.lies.forwarded import APART, CONTENTS, FACTS, TOOLS
from tests.integration.lies.returned import ANSWERS, CACHED, ROUTED, TOGETHER, WORST
from tests.integration.lies.told import WIRES, Group, Lie

__all__ = ["GROUPS", "LIES", "TOGETHER", "TOLD_IN", "WIRES", "WORST", "Group", "Lie"]

GROUPS = {
    "facts": FACTS,
    "tools": TOOLS,
    "contents": CONTENTS,
    "apart": APART,
    "answers": ANSWERS,
    "caches": CACHED,
    "routes": ROUTED,
}
# One run for several groups: to start a run costs more than some exchanges that nobody looks at.
TOLD_IN = {
    "mixed": (FACTS, ANSWERS, ROUTED, WORST),
    "tools": (TOOLS,),
    "contents": (CONTENTS, APART),
    "caches": (CACHED,),
}
LIES = {name: lie for group in GROUPS.values() for name, lie in group.lies.items()}
