"""What the readers of values accept, in the words of JSON Schema: what an editor can check while somebody types.

Owns the shape of every reader. Never reads a value: a shape may accept more than its reader, never less.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

Shape = Mapping[str, object]

_R = TypeVar("_R", bound=Callable[..., object])
_SHAPES: dict[Callable[..., object], Shape] = {}

FILLED: Shape = {"type": "string", "pattern": r"\S"}
"""A text that is not blank."""


def shaped(shape: Shape) -> Callable[[_R], _R]:
    """Make a decorator that gives a reader its shape."""

    def mark(reader: _R) -> _R:
        _SHAPES[reader] = shape
        return reader

    return mark


def shape_of(reader: Callable[..., object]) -> Shape:
    """The shape of a reader; of one without any, that which accepts everything."""
    return _SHAPES.get(reader, {})
