"""The name of a column without an alias is the one that Polars gives it."""

from __future__ import annotations

import polars as pl
import pytest

from valuekit.config.expressions import ExpressionError, parse_columns


@pytest.mark.parametrize(
    "text",
    [
        'pl.col("Channel").fill_null("N/A")',
        'pl.col("Rank") + pl.col("Value")',
        '-pl.col("Rank")',
        '(pl.col("Rank") > 1) & (pl.col("Value") < 2)',
        'pl.when(pl.col("Rank") > 1).then(pl.col("Value")).otherwise(pl.col("Rank"))',
        'pl.when(pl.col("Rank") > 1).then("Channel").otherwise(pl.lit("x"))',
        'pl.col("Channel").str.to_lowercase().str.slice(0, 1)',
        'pl.col("Channel").alias("Other")',
    ],
)
def test_named_as_polars_names_it(text: str) -> None:
    frame = pl.DataFrame({"Channel": ["a"], "Rank": [1], "Value": [2]})
    (expected,) = frame.select(eval(text, {"pl": pl})).columns  # noqa: S307 - the oracle, on texts of our own
    (derived,) = parse_columns(f"[{text}]")
    assert derived.name == expected


@pytest.mark.parametrize("text", ['[pl.lit("x")]', '[pl.lit(1) + pl.col("Rank")]'])
def test_a_constant_gives_no_name(text: str) -> None:
    with pytest.raises(ExpressionError, match="no name"):
        parse_columns(text)
