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

if TYPE_CHECKING:
    from collections.abc import Mapping

    from duckdb import DuckDBPyConnection

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


class BindError(Exception):
    """What DuckDB says against an expression, in one line."""


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
        RecursionError: the tree is too deep for Python's JSON reader.
    """
    with _LOCK:
        row = _connection().execute("SELECT json_serialize_sql(CAST(? AS VARCHAR))", [statement]).fetchone()
    if row is None:
        raise RuntimeError("json_serialize_sql gave no row")
    return json.loads(row[0])


def type_of(expression: str, columns: Mapping[str, str]) -> str:
    """The DuckDB type of an expression over one row of NULLs; running it shows constants that do not convert.

    Args:
        expression: rendered SQL, never a user's text.
        columns: DuckDB types by column name.

    Raises:
        BindError: it does not bind, or a constant in it does not convert.
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
            raise BindError(str(error).split("\n", maxsplit=1)[0].partition(": ")[2] or str(error)) from error


def _safe(duckdb_type: str) -> str:
    if duckdb_type.upper().startswith("ENUM"):
        return "VARCHAR"
    if not _SAFE_TYPE.fullmatch(duckdb_type.upper()):
        raise BindError(f"a column of type {duckdb_type} cannot be used in an expression")
    return duckdb_type
