"""A Polars text as Python's parser sees it.

Owns the call of `ast.parse` and the way from its positions to characters of the text. Never compiles or runs anything.
"""

from __future__ import annotations

import ast
import re
import warnings

from valuekit.config.expressions.expression import ExpressionError
from valuekit.config.expressions.limits import check_characters, shortened

_LONGEST_MESSAGE = 200
_LINE_END = re.compile(r"\r\n|\r|\n")


class Source:
    """One text and its syntax tree.

    Args:
        text: not blank.

    Attributes:
        text: as given.
        body: the one Python expression that it is.

    Raises:
        ExpressionError: it is too long, holds control characters, or is not one Python expression.
    """

    def __init__(self, text: str) -> None:
        check_characters(text)
        self.text = text
        stripped = text.strip()
        self._skipped = text.index(stripped)
        self._stripped = stripped
        ends = [match.end() for match in _LINE_END.finditer(stripped)]
        self._lines = [0, *ends]
        self.body = self._parse()

    def _parse(self) -> ast.expr:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a warning about the user's text would be raised as one about ours
                return ast.parse(self._stripped, mode="eval").body
        except SyntaxError as error:
            column = (error.offset or len(self._stripped)) - 1  # no offset: the text ends too early
            at = self._offset(error.lineno or 1, column)
            raise ExpressionError(
                f"this is not a Polars expression: {shortened(error.msg, _LONGEST_MESSAGE)}", at
            ) from None
        except (RecursionError, MemoryError):
            raise ExpressionError("the expression is nested too deeply", self._skipped) from None
        except ValueError as error:
            raise ExpressionError(f"this is not a Polars expression: {error}", self._skipped) from None

    def _offset(self, line: int, column: int) -> int:
        start = self._lines[min(max(line, 1), len(self._lines)) - 1]
        return self._skipped + min(max(start + column, 0), len(self._stripped) - 1)

    def at(self, node: ast.AST) -> int:
        """Where a node begins, in characters; Python counts lines, and bytes of UTF-8 within a line."""
        return self._position(getattr(node, "lineno", 1), getattr(node, "col_offset", 0))

    def _position(self, line: int, column: int) -> int:
        if not self._stripped.isascii():
            before = self._stripped[self._lines[line - 1] :].encode()[:column]
            column = len(before.decode(errors="ignore"))
        return self._offset(line, column)

    def error(self, message: str, node: ast.AST, nearest: str | None = None) -> ExpressionError:
        """Make the refusal of a node; a call in a chain stands where its method is named."""
        at = self.at(node)
        function = node.func if isinstance(node, ast.Call) else node
        if isinstance(function, ast.Attribute):
            end = self._position(function.end_lineno or 1, function.end_col_offset or 0)
            at = max(at, end - len(function.attr))
        return ExpressionError(message, at, nearest)
