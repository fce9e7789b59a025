"""Where rules were read: pages of the providers, and the types that they publish."""

from __future__ import annotations

from typing import Final

_CLAUDE = "https://platform.claude.com/docs/en"
_OPENAI = "https://developers.openai.com/api/docs"

# The types and docstrings of the providers' own packages.
ANTHROPIC_TYPES: Final = "https://pypi.org/project/anthropic/2.12.0/"
OPENAI_TYPES: Final = "https://pypi.org/project/openai/3.54.0/"
# Requests that others sent to the providers, with the answers.
MEASURED: Final = "https://github.com/kangminlee-maker/local-OAuth-CLI-API-adapter"
TYPES_DATE: Final = "2026-11"

CLAUDE_THINKING: Final = f"{_CLAUDE}/build-with-claude/thinking-troubleshooting"
CLAUDE_EXTENDED: Final = f"{_CLAUDE}/build-with-claude/extended-thinking"
CLAUDE_CACHING: Final = f"{_CLAUDE}/build-with-claude/prompt-caching"
CLAUDE_TOOL_SEARCH: Final = f"{_CLAUDE}/agents-and-tools/tool-use/tool-search-tool"
CLAUDE_TOOLS: Final = f"{_CLAUDE}/agents-and-tools/tool-use/define-tools"
CLAUDE_SYSTEM: Final = f"{_CLAUDE}/build-with-claude/mid-conversation-system-messages"
CLAUDE_READ: Final = "2026-11"

OPENAI_REASONING: Final = f"{_OPENAI}/guides/reasoning"
OPENAI_FUNCTIONS: Final = f"{_OPENAI}/guides/function-calling"
OPENAI_STRUCTURED: Final = f"{_OPENAI}/guides/structured-outputs"
OPENAI_STATE: Final = f"{_OPENAI}/guides/conversation-state"
