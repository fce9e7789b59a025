"""Values of the types that providers publish, drawn by hypothesis; some fields are given instead."""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NotRequired, Required, Union, get_args, get_origin

from hypothesis import strategies as st
from typing_extensions import get_type_hints, is_typeddict

Values = st.SearchStrategy[Any]
# What a field is given instead, by `Type.field`; None leaves an optional field out.
Given = Mapping[str, Values | None]

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | WORDS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORDS, inner, max_size=2),
    max_leaves=4,
)
_WRAPPED: tuple[Any, ...] = (Required, NotRequired)
_PLAIN: dict[Any, Values] = {
    str: WORDS,
    int: st.integers(1, 20),
    float: st.floats(0, 1, width=16),
    bool: st.booleans(),
    type(None): st.none(),
    object: JSON,
    Any: JSON,
}


def of(kind: Any, given: Given) -> Values:  # noqa: PLR0911 - one return per kind of type
    """Values of a published type."""
    origin, args = get_origin(kind), get_args(kind)
    if origin in _WRAPPED:
        return of(args[0], given)
    if origin is Literal:
        return st.sampled_from(args)
    if origin in (Union, types.UnionType):
        return st.one_of([of(one, given) for one in args if not _is_file(one)])
    if origin is dict:
        return st.dictionaries(WORDS, of(args[1], given), max_size=2)
    if is_typeddict(kind):
        return _object(kind, given)
    if args and (
        origin in (list, Iterable, Sequence) or "Sequence" in str(origin) or "Iterable" in str(origin)
    ):
        return st.lists(of(args[0], given), min_size=1, max_size=2)
    return _PLAIN[kind]


def fields(kind: Any) -> dict[str, tuple[Any, bool]]:
    """The fields of a published object: their types, and whether they are required."""
    hints = get_type_hints(kind, include_extras=True)
    return {name: (hint, get_origin(hint) is _WRAPPED[0]) for name, hint in hints.items()}


def _object(kind: Any, given: Given) -> Values:
    required: dict[str, Values] = {}
    optional: dict[str, Values] = {}
    for name, (hint, needed) in fields(kind).items():
        place = f"{kind.__name__}.{name}"
        if place in given:
            value = given[place]
            if value is None:
                continue
        else:
            value = _later(hint, given)
        (required if needed else optional)[name] = value
    return st.fixed_dictionaries(required, optional=optional)


def _later(kind: Any, given: Given) -> Values:
    """Values of a type that is looked at only when it is drawn, as types may hold themselves."""

    def define() -> Values:
        return of(kind, given)

    return st.deferred(define)


def _is_file(kind: Any) -> bool:
    """Whether a type is one of the package's own kinds of file, which is no JSON."""
    return "FileInput" in str(kind)
