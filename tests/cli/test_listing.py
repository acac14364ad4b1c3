from __future__ import annotations

import io
import json
from datetime import date

import pytest

from valuekit.cli import listing
from valuekit.cli.options import Options
from valuekit.cli.session import Session

ROWS: list[listing.Row] = [
    {"name": "a\tb\nc\\", "share": 1 / 3, "day": date(2026, 1, 2), "on": True},
    {"name": None, "share": None},
]
COLUMNS = ("name", "share", "day", "on")


def _session() -> tuple[Session, io.StringIO]:
    out = io.StringIO()
    return Session(Options(), out, io.StringIO()), out


def test_tsv_keeps_one_line_a_row_and_twelve_digits() -> None:
    session, out = _session()
    listing.write_rows(session, "things", COLUMNS, ROWS, None)
    assert out.getvalue().splitlines() == [
        "name\tshare\tday\ton",
        "a\\tb\\nc\\\\\t0.333333333333\t2026-01-02\ttrue",
        "\t\t\t",
    ]


def test_json_has_a_key_for_each_column_of_each_row() -> None:
    session, out = _session()
    listing.write_rows(session, "things", COLUMNS, ROWS, "json")
    document = json.loads(out.getvalue())
    assert document["schema"] == "valuekit/1"
    assert document["things"][0] == {"name": "a\tb\nc\\", "share": 0.333333333333, "day": "2026-01-02", "on": True}
    assert document["things"][1] == dict.fromkeys(COLUMNS)


@pytest.mark.parametrize(
    ("value", "text"), [(("a", "b"), "a, b"), ({"x": 1, "y": 0.5}, "x 1, y 0.5"), ([], ""), (None, "")]
)
def test_lists_and_records_are_nested_in_json_and_flat_elsewhere(value: object, text: str) -> None:
    session, out = _session()
    listing.write_rows(session, "things", ("it",), [{"it": value}], "json")
    nested = list(value) if isinstance(value, tuple) else value
    assert json.loads(out.getvalue())["things"] == [{"it": nested}]
    for layout in ("tsv", "table"):
        session, out = _session()
        listing.write_rows(session, "things", ("it",), [{"it": value}], layout)
        assert out.getvalue().split("\n")[-2].strip() == text or layout == "table"
        assert text in out.getvalue()


def test_a_table_shows_every_value_and_cannot_steer_a_terminal() -> None:
    session, out = _session()
    listing.write_rows(session, "things", ("name",), [{"name": "[red]x\x1b[31m"}], "table")
    assert "[red]x\\x1b[31m" in out.getvalue()


@pytest.mark.parametrize("layout", ["table", "tsv"])
def test_a_record_is_a_row_a_value(layout: listing.ListFormat) -> None:
    session, out = _session()
    listing.write_record(session, "cache", {"bytes": 12, "files": {"a": 1, "b": 2}}, layout)
    assert "a 1, b 2" in out.getvalue()
    assert len([line for line in out.getvalue().splitlines() if line.strip()]) >= 3
