"""Lays out short lists of facts about the workspace: runs, metrics, sizes. Scores have a layout of their own.

Owns table, tsv and JSON for these lists. Never asks a workspace for anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from valuekit.reports.values import exact, exact_text
from valuekit.wording import SCHEMA

if TYPE_CHECKING:
    from valuekit.cli.session import Session

ListFormat = Literal["table", "tsv", "json"]
Row = Mapping[str, object]

_TSV_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def write_rows(
    session: Session, key: str, columns: Sequence[str], rows: Sequence[Row], chosen: ListFormat | None
) -> None:
    """Write a list to stdout.

    Args:
        session: the call.
        key: the list's name in the JSON document.
        columns: the columns, in order.
        rows: one mapping a row.
        chosen: the format asked for; None takes a table on a terminal and tsv elsewhere.
    """
    layout = chosen or ("table" if session.on_terminal else "tsv")
    if layout == "json":
        session.out.write(document({key: [{name: _nested(row.get(name)) for name in columns} for row in rows]}))
    elif layout == "tsv":
        session.out.write(_tsv(columns, rows))
    else:
        _table(session, columns, rows)


def write_record(session: Session, key: str, record: Row, chosen: ListFormat | None) -> None:
    """Write one record: a row a value, or one JSON object."""
    if chosen == "json":
        session.out.write(document({key: record}))
        return
    rows = [{"name": name, "value": flat(value)} for name, value in record.items()]
    write_rows(session, key, ("name", "value"), rows, chosen)


def document(body: Row) -> str:
    """One JSON document of the contract, on one line: dates as ISO text, no NaN."""
    import json

    return json.dumps({"schema": SCHEMA, **body}, ensure_ascii=False, default=str, allow_nan=False) + "\n"


def _nested(value: object) -> object:
    """A value of a JSON document: lists and records stay what they are."""
    if isinstance(value, Mapping):
        return {key: _nested(part) for key, part in value.items()}
    return [_nested(part) for part in value] if isinstance(value, list | tuple) else exact(value)


def flat(value: object) -> object:
    """A nested value as one text."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {part}" for key, part in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(str(flat(part)) for part in value)
    return value


def _tsv(columns: Sequence[str], rows: Sequence[Row]) -> str:
    lines = [
        list(columns),
        *([exact_text(flat(row.get(name))).translate(_TSV_ESCAPES) for name in columns] for row in rows),
    ]
    return "".join("\t".join(line) + "\n" for line in lines)


def _table(session: Session, columns: Sequence[str], rows: Sequence[Row]) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from valuekit.reports.plain import plain

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        numeric = all(isinstance(row.get(name), int | float | None) for row in rows)
        table.add_column(name, justify="right" if numeric and rows else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(plain(exact_text(flat(row.get(name))))) for name in columns))
    width = session.width
    console = session.console(session.out, width or 10_000)
    console.print(table)
