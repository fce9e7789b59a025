"""Lies told to the provider: facts, tools, and everything else that a request says."""

from __future__ import annotations

from tests.integration.lies.told import Group, caught, told, words
from tests.integration.rogue.liars import Liar

TABLES = "L1 L2 CP-json-tool-1k CP-csv-tool-1k CP-logs-user-1k CP-json-user-1k"

FACTS = Group(
    words(
        core="S1 H1 L1 L2",
        compression="CP-json-tool-1k CP-csv-tool-1k CP-logs-user-1k CP-json-user-1k CP-history-tools-10",
    ),
    told(
        {
            "cut-results": caught(
                "facts_kept",
                "L1 L2 CP-json-tool-1k CP-csv-tool-1k",
                "facts are lost",
                "It forwards the first third of a large tool result.",
            ),
            "cut-texts": caught(
                "facts_kept",
                "CP-logs-user-1k CP-json-user-1k",
                "facts are lost",
                "It forwards the first third of what the user pasted.",
            ),
            "drop-history": caught(
                "facts_kept",
                "H1 CP-history-tools-10",
                "facts are lost",
                "It forwards the last question without the conversation before it.",
            ),
            "same-rows": caught(
                "facts_kept", TABLES, "facts are lost", "It replaces all rows of a table by the first one."
            ),
            "shuffle-values": caught(
                "facts_kept",
                TABLES,
                "facts are lost",
                "It moves values of a table to another row: each is still there, and says something else.",
            ),
        }
    ),
    {"as-csv": Liar(("as-csv",))},
)

WITH_TOOLS = (
    "TL-S01 TL-S06 TL-S12 TL-J02 TL-C02 TL-C03 TL-C04 TL-P01 TL-P03 TL-P05 TL-H01 TL-H03 TL-H04 TL-H16"
)
CALLING = "TL-S01 TL-S06 TL-S12 TL-J02 TL-C02 TL-C03 TL-P01 TL-P03 TL-P05 TL-H01 TL-H04 TL-H16"
# One of these calls takes no arguments, which none can change.
# The description of the tool that TL-S06 needs is shorter than what is cut.
DESCRIBED = "TL-S01 TL-S12 TL-J02 TL-C02 TL-C03 TL-C04 TL-P01 TL-P03 TL-P05 TL-H01 TL-H03 TL-H04 TL-H16"
# That of TL-S12 takes no arguments.
SAID = "TL-S01 TL-S06 TL-J02 TL-C02 TL-C03 TL-C04 TL-P01 TL-P03 TL-P05 TL-H01 TL-H03 TL-H04 TL-H16"
ARGUED = "TL-S01 TL-S06 TL-J02 TL-C02 TL-C03 TL-P01 TL-P03 TL-P05 TL-H01 TL-H04 TL-H16"

TOOLS = Group(
    words(tools=WITH_TOOLS),
    told(
        {
            "drop-tool": caught(
                "tools_kept",
                "TL-S01 TL-J02 TL-C02 TL-P01 TL-P03 TL-P05 TL-H01 TL-H04 TL-H16",
                "was not forwarded",
                "It leaves out half of the tools, the needed one among them.",
                # A choice among no tools at all cannot be forwarded either.
                also="tool_choice_kept parallel_calls_kept",
            ),
            "swap-tools": caught(
                "tools_kept",
                WITH_TOOLS,
                "schema",
                "It offers every tool under the name of another.",
                also="tools_added",
            ),
            "break-schema": caught(
                "tools_kept", SAID, "of its schema", "It removes a required property from the schemas."
            ),
            "shorten-tools": caught(
                "tools_kept", DESCRIBED, "description", "It cuts the descriptions of tools."
            ),
            "add-tool": caught(
                "tools_added",
                WITH_TOOLS,
                "gateway_memory",
                "It offers the model a tool of its own that the client has never heard of.",
                also="content_added",
            ),
            "change-choice": caught(
                "tool_choice_kept",
                "TL-C02 TL-C03 TL-C04",
                "tool_choice",
                "It drops the client's choice of how tools may be used.",
                also="parallel_calls_kept",
            ),
            "forbid-parallel": caught(
                "parallel_calls_kept",
                "TL-P01 TL-P03 TL-H16",
                "was added",
                "It forbids parallel calls where the client allows them.",
                also="content_added",
            ),
            "empty-calls": caught(
                "tool_history_kept",
                "TL-H01 TL-H03 TL-H04 TL-H16",
                "arrived as",
                "It forwards earlier tool calls without their arguments.",
            ),
            "drop-error": caught(
                "tool_history_kept",
                "TL-H04",
                "is_error false",
                "It forwards the result of a tool that failed as if it had not.",
                only="anthropic",
            ),
            "merge-ids": caught(
                "tool_ids_kept",
                "TL-H01 TL-H04",
                "toolu_merged",
                "It gives all earlier tool calls one id, which the provider refuses where there are several.",
                also="answered request_accepted",
            ),
            "swap-results": caught(
                "tool_history_kept",
                "TL-H03 TL-H16",
                "names the call",
                "It gives the results of parallel calls to each other's calls.",
            ),
            "change-arguments": caught(
                "tool_call_intact",
                ARGUED,
                "with other arguments",
                "It changes an argument of the tool calls in the answer.",
            ),
            "drop-second-call": caught(
                "tool_call_intact",
                "TL-P01 TL-P03 TL-H16",
                "what arrived is",
                "It returns the first of two parallel tool calls.",
            ),
            "drop-calls": caught(
                "tool_call_intact",
                CALLING,
                "what arrived is none",
                "It returns text without the tool calls.",
                also="stop_reason_kept",
            ),
            "new-ids": caught(
                "tool_ids_kept",
                CALLING,
                "rogue_0",
                "It gives the tool calls of the answer ids of its own.",
            ),
        }
    ),
    {"renotate": Liar(("renotate",))},
)

FULL = (
    "FD-01 FD-05 FD-11 FD-13 FD-15 FD-19 FD-21 FD-22 FD-31 FD-40 FD-42 FD-44 FD-52 FD-56 FD-63 "
    "FD-66 FD-70 FD-72 FD-80 FD-82"
)
CONTENTS = Group(
    words(fidelity=FULL, tools="TL-H06"),
    told(
        {
            "drop-system": caught(
                "system_kept", "FD-01 FD-05", "was dropped", "It leaves the system prompt out."
            ),
            "inject-system": caught(
                "content_added",
                f"{FULL} TL-H06",
                "Rogue Gateway",
                "It adds instructions of its own to the system prompt.",
                also="system_kept",
            ),
            "change-temperature": caught(
                "params_kept", "FD-11", "temperature 0.3 arrived as 0.7", "It asks at another temperature."
            ),
            "add-temperature": caught(
                "content_added",
                "",
                "temperature 0.7 was added",
                "It sets a temperature that the client left alone; beside thinking the provider refuses it.",
                also="answered request_accepted",
            ),
            "drop-top-p": caught("params_kept", "FD-13", "top_p 0.9 was dropped", "It drops top_p."),
            "drop-user": caught("params_kept", "FD-19", "user", "It drops who the user is."),
            "drop-stop": caught("params_kept", "FD-15", "stop", "It drops the stop sequences."),
            "raise-limit": caught("params_kept", FULL, "max_tokens", "It allows four times the tokens."),
            "drop-thinking": caught(
                "params_kept",
                "FD-22 FD-66",
                "thinking",
                "It turns thinking off.",
                also="messages_kept",
                only="anthropic",
            ),
            "drop-images": caught(
                "messages_kept",
                "FD-40 FD-42 FD-44 TL-H06",
                "was dropped",
                "It drops images and documents, of tool results too.",
            ),
            "normalise": caught(
                "messages_kept", "FD-52", "arrived as", "It rewrites texts in Unicode's composed form."
            ),
            "trim": caught("messages_kept", "FD-56", "arrived as", "It tidies white space up."),
            "swap-turns": caught(
                "messages_kept",
                "FD-31 FD-42 FD-63",
                "in another place",
                "It exchanges two things that the user said.",
                also="cache_control_kept content_added",
            ),
            "glue": caught(
                "cache_control_kept",
                "FD-31",
                "cache mark",
                "It joins the texts of a message without white space, and loses the cache mark between them.",
                only="anthropic",
            ),
            "say-otherwise": caught(
                "messages_kept",
                "FD-42 FD-63",
                "as user text",
                "It puts the assistant's words into the user's mouth.",
            ),
            "strip-cache-control": caught(
                "cache_control_kept",
                "FD-31",
                "cache mark",
                "It strips cache_control, so that nothing is ever cached at the provider.",
                only="anthropic",
            ),
            "drop-headers": caught(
                "headers_kept",
                "FD-70",
                "was dropped",
                "It drops the client's headers, those that the provider must see among them.",
                only="anthropic",
            ),
        }
    ),
    {"renotate": Liar(("renotate",))},
)

APART = Group(
    words(fidelity="FD-90 FD-91 FD-92 FD-93 FD-94"),
    told(
        {
            "share-memory": caught(
                "conversations_apart",
                "FD-90 FD-91 FD-92 FD-93 FD-94",
                "words of another conversation",
                "It tells the model what other users said before.",
                also="content_added system_kept messages_kept",
            )
        }
    ),
)
