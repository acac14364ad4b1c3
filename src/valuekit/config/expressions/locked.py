"""The DuckDB connection that parses and binds expressions, and can do nothing else.

Owns that connection: in memory, without files, extensions or a network, and its settings locked. Never sees data:
the tables that it binds against hold one row of NULLs.
"""

from __future__ import annotations

import json
import re
import threading
from functools import cache
from typing import TYPE_CHECKING, Any

from valuekit import sql
from valuekit.config.expressions.limits import shortened

if TYPE_CHECKING:
    from collections.abc import Mapping

    from duckdb import DuckDBPyConnection

_LONGEST_MESSAGE = 200
_LOCK = threading.Lock()
_MAX_PARSER_DEPTH = 4 * 64
_SETTINGS: Mapping[str, str | bool | int] = {
    "threads": 1,
    "memory_limit": "256MB",
    "temp_directory": "",
    "max_expression_depth": _MAX_PARSER_DEPTH,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "python_enable_replacements": False,
    "enable_external_access": False,
    "lock_configuration": True,
}
_SAFE_TYPE = re.compile(r"[A-Z][A-Z_ ]*(?:\(\d+(?:, ?\d+)?\))?")


class DuckDBRefusal(Exception):  # noqa: N818  it is an answer, caught by the caller every time
    """What DuckDB says against a text, in one line."""


@cache
def _connection() -> DuckDBPyConnection:
    import duckdb

    connection = duckdb.connect(":memory:")
    for setting, value in _SETTINGS.items():
        connection.execute(f"SET {setting} = {sql.literal(value)}")
    return connection


def serialize(statement: str) -> Any:  # noqa: ANN401  JSON of DuckDB's own shape
    """Parse a statement with DuckDB's parser, without running or binding it.

    Returns:
        What `json_serialize_sql` gives: `{"error": true, ...}` or `{"error": false, "statements": [...]}`.

    Raises:
        DuckDBRefusal: the parser did not answer, for want of memory for example.
        RecursionError: the tree is too deep for Python's JSON reader.
    """
    import duckdb

    with _LOCK:
        try:
            row = _connection().execute("SELECT json_serialize_sql(CAST(? AS VARCHAR))", [statement]).fetchone()
        except duckdb.Error as error:
            raise _refusal(error) from error
    if row is None:
        raise DuckDBRefusal("the parser gave no answer")
    return json.loads(row[0])


def type_of(expression: str, columns: Mapping[str, str]) -> str:
    """The DuckDB type of an expression over one row of NULLs; running it shows constants that do not convert.

    Args:
        expression: rendered SQL, never a user's text.
        columns: DuckDB types by column name.

    Raises:
        DuckDBRefusal: it does not bind, or a constant in it does not convert.
    """
    import duckdb

    row = ", ".join(f"CAST(NULL AS {_safe(kind)}) AS {sql.name(name)}" for name, kind in columns.items())
    with _LOCK:
        connection = _connection()
        try:
            connection.execute(f"CREATE OR REPLACE TEMP TABLE one_row AS SELECT {row or '1 AS nothing'}")
            result = connection.execute(f"SELECT {expression} FROM one_row")
            result.fetchall()
            return str(result.description[0][1])
        except duckdb.Error as error:
            raise _refusal(error) from error


def _refusal(error: Exception) -> DuckDBRefusal:
    line = str(error).split("\n", maxsplit=1)[0]
    return DuckDBRefusal(shortened(line.partition(": ")[2] or line, _LONGEST_MESSAGE))


def _safe(duckdb_type: str) -> str:
    if duckdb_type.upper().startswith("ENUM"):
        return "VARCHAR"
    if not _SAFE_TYPE.fullmatch(duckdb_type.upper()):
        raise DuckDBRefusal(f"a column of type {duckdb_type} cannot be used in an expression")
    return duckdb_type
