"""What a gateway with a memory does to a request: it brings what it heard from others."""

from __future__ import annotations

from .asked import Asked, slots
from .settings import add_system

HEARD: dict[bool, list[str]] = {False: [], True: []}


def share_memory(asked: Asked) -> None:
    """Tells the model what the users before this one said, whoever they were."""
    heard = HEARD[asked.chat]
    if heard:
        add_system(asked, "What is known: " + " ".join(heard))
    heard.append(slots(asked, "user")[-1].text)
