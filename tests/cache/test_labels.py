"""Codes of labels: stable, shared by all columns, and never lost."""

from __future__ import annotations

import gc

import duckdb
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from valuekit.cache.labels import Labels

TABLE = "CREATE TABLE labels (code INTEGER PRIMARY KEY, label VARCHAR NOT NULL)"
columns = st.lists(st.lists(st.one_of(st.none(), st.text(max_size=3)), max_size=8), max_size=6)


@given(before=columns, after=columns)
def test_codes_say_the_same_text_in_every_run(before: list[list[str | None]], after: list[list[str | None]]) -> None:
    with duckdb.connect() as connection:
        connection.execute(TABLE)
        for run in (before, after):
            labels = Labels(connection)
            encoded = []
            for column in run:
                encoded.append(labels.encode(pl.Series("x", column, dtype=pl.String)).to_list())
                gc.collect(0)
            labels.save()
            texts: dict[int | None, str | None] = dict(connection.execute("SELECT code, label FROM labels").fetchall())
            texts[None] = None
            assert [[texts[code] for code in codes] for codes in encoded] == run
            assert texts.get(0, "") == ""


def test_a_text_that_no_row_has_gets_no_code() -> None:
    with duckdb.connect() as connection:
        connection.execute(TABLE)
        labels = Labels(connection)
        found = labels.encode(pl.Series("x", ["b", None, "b"], dtype=pl.Enum(["a", "b", "c"])))
        labels.save()
        assert connection.execute("SELECT label FROM labels ORDER BY code").fetchall() == [("",), ("b",)]
        assert found.to_list() == [1, None, 1]
