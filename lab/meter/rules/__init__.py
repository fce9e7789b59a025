"""What providers refuse: a table of rules in the order of their checks, each with its source and examples."""

from importlib import import_module

from lab.meter.rules.rule import PROVIDERS, RULES, Ask, Example, Rule, Wire, check, request

for _name in (
    "messages_request",
    "messages_system",
    "messages_content",
    "messages_pairs",
    "messages_models",
    "messages_tools",
    "messages_thinking",
    "messages_thoughts",
    "messages_media",
    "messages_cache",
    "chat_request",
    "chat_tools",
    "chat_conversation",
    "chat_reasoning",
    "chat_models",
    "chat_content",
    "responses_request",
    "responses_tools",
    "responses_input",
    "responses_models",
    "contexts",
):
    import_module(f"lab.meter.rules.{_name}")

__all__ = ["PROVIDERS", "RULES", "Ask", "Example", "Rule", "Wire", "check", "request"]
