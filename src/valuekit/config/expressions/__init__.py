"""Expressions in a config: SQL, or Polars text as CDH Value Dashboard writes it.

Owns the way from a text to SQL that is safe to run: parse, check against closed lists, rebuild. Never executes a text,
neither as Python nor as SQL.
"""

from __future__ import annotations

from valuekit.config.expressions.bind import bind
from valuekit.config.expressions.expression import Derived, Dialect, Expression, ExpressionError
from valuekit.config.expressions.limits import MAX_TEXT
from valuekit.config.expressions.parse import locate, parse_columns, parse_filter, parse_where

__all__ = [
    "MAX_TEXT",
    "Derived",
    "Dialect",
    "Expression",
    "ExpressionError",
    "bind",
    "locate",
    "parse_columns",
    "parse_filter",
    "parse_where",
]
