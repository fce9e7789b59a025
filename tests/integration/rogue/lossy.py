"""All lies told to the provider by name: what a gateway does to a request on its way."""

from __future__ import annotations

from collections.abc import Callable

from . import contents, memory, notation, settings, tooling
from .asked import Asked

Lie = Callable[[Asked], None]

LOSSY: dict[str, Lie] = {
    "renotate": notation.renotate,
    "cut-results": contents.cut_results,
    "cut-texts": contents.cut_texts,
    "drop-history": contents.drop_history,
    "same-rows": contents.same_rows,
    "shuffle-values": contents.shuffle_values,
    "as-csv": contents.as_csv,
    "drop-tool": tooling.drop_tool,
    "swap-tools": tooling.swap_tools,
    "break-schema": tooling.break_schema,
    "add-tool": tooling.add_tool,
    "change-choice": tooling.change_choice,
    "forbid-parallel": tooling.forbid_parallel,
    "shorten-tools": tooling.shorten_tools,
    "empty-calls": tooling.empty_calls,
    "drop-error": tooling.drop_error,
    "merge-ids": tooling.merge_ids,
    "swap-results": tooling.swap_results,
    "drop-system": settings.drop_system,
    "inject-system": settings.inject_system,
    "share-memory": memory.share_memory,
    "change-temperature": settings.change_temperature,
    "add-temperature": settings.add_temperature,
    "drop-top-p": settings.drop_top_p,
    "drop-user": settings.drop_user,
    "drop-thinking": settings.drop_thinking,
    "drop-stop": settings.drop_stop,
    "raise-limit": settings.raise_limit,
    "drop-images": contents.drop_images,
    "normalise": contents.normalise,
    "trim": contents.trim,
    "swap-turns": contents.swap_turns,
    "glue": contents.glue,
    "say-otherwise": contents.say_otherwise,
    "strip-cache-control": settings.strip_cache_control,
    "drop-headers": settings.drop_headers,
    "invalidate": settings.invalidate,
    "route": settings.route,
    "route-cheap": settings.route_cheap,
    "route-by-wording": settings.route_by_wording,
}
