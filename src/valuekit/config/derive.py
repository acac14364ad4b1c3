"""The expressions in a config: filters and derived columns.

Owns the way from an expression's fault to a finding at the very character. Never reads an expression itself:
`valuekit.config.expressions` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.config.shapes import FILLED, shaped
from valuekit.config.values import filled, text, wrong_type

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from valuekit.config.collect import Place
    from valuekit.config.expressions import Derived, Expression, ExpressionError


@shaped({"type": "string"})
def filter_text(value: object, place: Place) -> Expression | None:
    """Read a filter; None for a blank one, too."""
    from valuekit.config.expressions import ExpressionError, parse_filter

    written = text(value, place)
    if written is None:
        return None
    try:
        return parse_filter(written)
    except ExpressionError as error:
        _report(error, place)
        return None


@shaped({"type": ["string", "array", "object"], "items": {"type": "string"}, "additionalProperties": FILLED})
def derived_columns(value: object, place: Place) -> tuple[Derived, ...] | None:
    """Read derived columns: one text, a list of texts that are one when joined by commas, or a table of SQL by name."""
    from valuekit.config.expressions import ExpressionError, parse_columns

    if isinstance(value, dict):
        return _by_name(value, place)
    if isinstance(value, list):
        texts = [text(element, place / index) for index, element in enumerate(value)]
        if None in texts:
            return None
    elif not isinstance(value, str):
        wrong_type(value, place, "a text, a list of texts or a table")
        return None
    try:
        return parse_columns(value)
    except ExpressionError as error:
        _report(error, place, parts=value if isinstance(value, list) else ())
        return None


def _by_name(value: Mapping[str, object], place: Place) -> tuple[Derived, ...] | None:
    """Read each column on its own, so that every fault is found; then all together, for names that clash."""
    from valuekit.config.expressions import ExpressionError, parse_columns

    texts: dict[str, str] = {}
    for name, entry in value.items():
        written = filled(entry, place / name)
        try:
            if written is not None and parse_columns({name: written}):
                texts[name] = written
        except ExpressionError as error:
            _report(error, place / name)
    if len(texts) < len(value):
        return None
    try:
        return parse_columns(texts)
    except ExpressionError as error:
        _report(error, place if error.part is None else place / error.part)
        return None


def report_misfit(error: ExpressionError, place: Place, name: str | None) -> None:
    """Report VK302 at the character of an expression that does not fit its columns.

    Args:
        error: what is wrong.
        place: the filter, or the key `columns` in any of its forms.
        name: the column that the expression computes, None for a filter.
    """
    report_part("VK302", error, place, name)


def report_part(rule: str, error: ExpressionError, place: Place, name: str | None = None) -> None:
    """Report a rule at one character of an expression.

    Args:
        rule: the rule.
        error: what is wrong, with the offset in the text.
        place: the filter, or the key `columns` in any of its forms.
        name: the column that the expression computes, None for a filter.
    """
    value = place.value()
    if name is not None and isinstance(value, dict):
        place /= name
    _report(error, place, parts=value if isinstance(value, list) else (), rule=rule)


def _report(error: ExpressionError, place: Place, parts: Sequence[str] = (), rule: str = "VK301") -> None:
    """Report a fault at its character; in a list of texts an offset counts over all of them, joined by commas."""
    from valuekit.config.expressions import locate

    said = f"{place.key}: {error.message}"
    offset = error.offset
    if offset is None:
        place.report(rule, said, error.nearest)
        return
    if parts:
        index, offset = locate(parts, offset)
        place /= index
    place.report_inside(rule, said, offset, error.nearest)
