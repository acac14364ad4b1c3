"""Short ids as numbers: two texts have the same ones where they are the same text, and nowhere else."""

from __future__ import annotations

import hashlib

import duckdb
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from valuekit.facts.identity import ORDER_KEY, SHORT, short_ids

IDS = st.one_of(st.none(), st.text(min_size=1, max_size=16), st.text("H-0123", min_size=1, max_size=14))


def wanted(text: str | None) -> tuple[int | None, int | None]:
    data = (text or "").encode()
    if text is None or len(data) > SHORT:
        return None, None
    padded = data.ljust(SHORT, b"\0")
    return len(data) + (int.from_bytes(padded[:4], "little") << 32), int.from_bytes(padded[4:], "little")


@given(texts=st.lists(IDS, max_size=40), first=st.integers(0, 5))
def test_the_length_and_the_bytes(texts: list[str | None], first: int) -> None:
    column = pl.Series(texts, dtype=pl.String)[first:]
    high, low = short_ids(column)
    assert list(zip(high.to_list(), low.to_list(), strict=True)) == [wanted(text) for text in texts[first:]]


def test_keys_of_orders_never_change() -> None:
    """Facts that have landed are known by them."""
    texts = ["H-1", "H-2", "H-123456789012", None, None]
    high, low = short_ids(pl.Series(texts, dtype=pl.String))
    rows = pl.DataFrame(
        {"_fact": [None, None, None, -1, None], "_fact_text": texts, "_row_hash": [None] * 4 + ["x"]},
        schema={"_fact": pl.Int64, "_fact_text": pl.String, "_row_hash": pl.String},
    ).with_columns(_short_high=high, _short_low=low)
    connection = duckdb.connect()
    connection.register("rows", rows)
    keys = [key for (key,) in connection.execute(f"SELECT {ORDER_KEY} FROM rows").fetchall()]
    short = [(high << 64) | low for high, low in ((3 + (0x312D48 << 32), 0), (3 + (0x322D48 << 32), 0))]
    assert keys[:2] == short
    long = int.from_bytes(hashlib.md5(b"H-123456789012").digest(), "little")  # noqa: S324 - no secret
    assert keys[2] == long
    assert keys[3] == 9223372036854775807
    assert len(set(keys)) == len(keys)
