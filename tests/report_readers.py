"""Reads reports back from every text format, as strangers' tools do, and says how people see a cell."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

import report_examples as examples
from valuekit.reports.numbers import shown, shown_interval, shown_key
from valuekit.reports.text.documents import json_lines_of
from valuekit.reports.text.markdown import markdown_lines
from valuekit.reports.text.rows import csv_lines, tsv_lines
from valuekit.reports.values import exact_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl
    from markdown_it.token import Token

    from valuekit.reports.report import Panel, Report

READER = MarkdownIt("commonmark").enable("table")
_TSV = {"\\t": "\t", "\\n": "\n", "\\r": "\r", "\\\\": "\\"}


def from_csv(table: pl.DataFrame) -> list[list[str]]:
    return list(csv.reader(io.StringIO("".join(csv_lines(table)), newline="")))


def from_tsv(table: pl.DataFrame) -> list[list[str]]:
    lines = "".join(tsv_lines(table)).removesuffix("\n").split("\n")
    return [[re.sub(r"\\.", lambda pair: _TSV[pair[0]], part) for part in line.split("\t")] for line in lines]


def from_json(report: Report, panel: int) -> list[list[str]]:
    document = replace(examples.document(), reports=(report,))
    found = json.loads("".join(json_lines_of(document)))["reports"][0]["panels"][panel]
    names = [column["name"] for column in found["columns"]]
    return [names, *([exact_text(row[name]) for name in names] for row in found["rows"])]


def from_markdown(report: Report) -> list[list[list[str]]]:
    """The tables of a report as a Markdown reader sees them."""
    tables: list[list[list[str]]] = []
    document = replace(examples.document(), reports=(report,))
    for token, inside in with_next(READER.parse("".join(markdown_lines(document)))):
        if token.type == "table_open":
            tables.append([])
        elif token.type == "tr_open":
            tables[-1].append([])
        elif token.type in ("th_open", "td_open"):
            tables[-1][-1].append(only_text(inside))
    return tables


def with_next(tokens: list[Token]) -> list[tuple[Token, Token]]:
    return list(zip(tokens, [*tokens[1:], tokens[-1]], strict=True))


def only_text(token: Token) -> str:
    """What an inline token says; it must be nothing but text."""
    parts = token.children or []
    assert {part.type for part in parts} <= {"text", "softbreak"}, parts
    return "".join("\n" if part.type == "softbreak" else part.content for part in parts)


def readable(text: str) -> str:
    """As Markdown shows it: what would steer a terminal is spelt out."""
    hidden = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    return "".join(
        one.encode("unicode_escape").decode()
        if unicodedata.category(one) in hidden and one not in "\n\r\t\u200c\u200d"
        else one
        for one in text
    )


def cells_of(panel: Panel, row: dict[str, object]) -> Iterator[str]:
    """How people see each cell of a row; an interval once."""
    ends = {end for column in panel.columns for end in (column.low, column.high)}
    for column in panel.columns:
        value = row[column.name]
        if column.role == "dimension":
            yield shown_key(value)
        elif column.name not in ends:
            yield shown(value, column.unit, short=False)
        if column.low is not None and column.high is not None:
            yield shown_interval(row[column.low], row[column.high], column.unit, short=False)


def is_tree(panel: Panel) -> bool:
    """Whether the branches of a panel's path stand on lines of their own."""
    return panel.picture is not None and panel.picture.mark == "treemap"
