"""Descriptive statistics against NumPy and scipy on the raw values."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from merged_rows import merged_rows
from valuekit.config.families import FAMILIES
from valuekit.config.models import MetricConfig
from valuekit.errors import ConfigError
from valuekit.metrics.base import Kind
from valuekit.metrics.descriptive import DescriptiveFamily
from valuekit.states.counts import Count
from valuekit.states.digest import Digest
from valuekit.states.extrema import Extrema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from valuekit.metrics.base import Evaluation, Family, Metric

FAMILY: Family = DescriptiveFamily()
SCORES = FAMILIES["descriptive"].scores
PERCENTILES = {"Median": 50, "p25": 25, "p75": 75, "p90": 90, "p95": 95, "p1": 1, "p05": 5, "p99": 99}
WANTED = (*SCORES, "p99", "p05", "p1")
COLUMNS = ("ResponseTime", "Rank", "Outcome")
TYPES = {"ResponseTime": "DOUBLE", "Rank": "BIGINT", "Outcome": "VARCHAR", "Day": "DATE", "Fee": "DECIMAL(9,2)"}
SCHEMA = {"Channel": pl.String, "ResponseTime": pl.Float64, "Rank": pl.Int64, "Outcome": pl.String}

Row = tuple[str | None, float | None, int | None, str | None]


def metric(**changes: object) -> Metric:
    keys = {"name": "descriptive", "family": "descriptive", "group_by": ("Channel",), "columns": COLUMNS, **changes}
    return FAMILY.declare(MetricConfig.model_validate(keys), (), TYPES.__getitem__)


METRIC = metric()


def evaluated(
    rows: list[Row], by: Sequence[str] = (), wanted: Sequence[str] = WANTED, asked: Metric = METRIC
) -> Evaluation:
    table = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    return asked.evaluate(merged_rows(asked.needs(wanted), table, by), by, wanted)


def described(values: list[float]) -> dict[str, float]:
    """METRICS.md §6 of the values there are; what is undefined is not in it."""
    found: dict[str, float] = {"Count": len(values), "Sum": math.fsum(values)}
    if not values:
        return found
    found |= {"Min": min(values), "Max": max(values), "Mean": float(np.mean(values))}
    found |= {name: float(np.percentile(values, at)) for name, at in PERCENTILES.items()}
    if len(values) > 1:
        found |= {"Var": float(np.var(values, ddof=1)), "Std": float(np.std(values, ddof=1))}
    if len(set(values)) > 1:
        found["MomentSkew"] = float(stats.skew(values))
    if found["p25"] != found["p75"]:
        found["Skew"] = (found["p75"] + found["p25"] - 2 * found["Median"]) / (found["p75"] - found["p25"])
    return found


NUMBERS = st.none() | st.just(math.nan) | st.just(math.inf) | st.integers(-40, 400).map(lambda whole: whole / 8)
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["Web", "Mobile", None]),
        NUMBERS,
        st.none() | st.integers(-3, 9),
        st.sampled_from(["Clicked", "Pending", None]),
    ),
    max_size=70,
)


@settings(max_examples=25, deadline=None)
@given(ROWS, st.booleans(), st.booleans())
def test_scores_equal_numpy_and_scipy_on_raw_values(rows: list[Row], by_channel: bool, digests: bool) -> None:  # noqa: FBT001  # drawn
    asked = metric(use_t_digest=digests)
    found = evaluated(rows, ("Channel",) if by_channel else (), asked=asked).rows
    groups = list(dict.fromkeys(row[0] for row in rows)) if by_channel else [None]
    assert found.columns == [*(["Channel"] if by_channel else []), "Property", *SCORES, "p1", "p05", "p99"]
    assert found["Property"].to_list() == [*COLUMNS] * len(groups)
    for place, row in enumerate(found.iter_rows(named=True)):
        group, at = groups[place // 3], place % 3
        assert not by_channel or row["Channel"] == group
        values = [raw[at + 1] for raw in rows if not by_channel or raw[0] == group]
        if at == 2:
            expected: dict[str, float] = {"Count": sum(value is not None for value in values)}
        else:
            expected = described([float(v) for v in values if v is not None and math.isfinite(float(v))])
        given_scores = {name: row[name] for name in WANTED if row[name] is not None}
        assert given_scores == pytest.approx(expected, rel=1e-9, abs=1e-9)


@settings(max_examples=15, deadline=None)
@given(ROWS)
def test_a_score_is_null_exactly_where_a_reason_says_why(rows: list[Row]) -> None:
    found = evaluated(rows, ("Channel",))
    for name in WANTED:
        values = found.rows[name]
        assert values.dtype == (pl.Int64 if name == "Count" else pl.Float64)
        assert values.drop_nulls().cast(pl.Float64).is_finite().all()
        if name in found.reasons:
            assert found.reasons[name].dtype == pl.String
            assert values.is_null().to_list() == found.reasons[name].is_not_null().to_list()
        else:
            assert values.null_count() == 0


def rows_of(*values: float | None, channel: str = "Web") -> list[Row]:
    return [(channel, value, None, "Clicked") for value in values]


EVERYWHERE = ("Min", "Max", "Mean", "Var", "Std", "Median", "p90", "Skew", "MomentSkew")
FEW = "fewer than two values"
REASONS = {
    "no row": ([], dict.fromkeys(EVERYWHERE, "no value")),
    "no value": (rows_of(None, math.nan, -math.inf), dict.fromkeys(EVERYWHERE, "no value")),
    "one value": (rows_of(0.1), {**dict.fromkeys(("Var", "Std", "MomentSkew"), FEW), "Skew": "p25 equals p75"}),
    "no spread": (rows_of(*[0.1] * 7), {"Skew": "p25 equals p75", "MomentSkew": "all values are equal"}),
    "a thin spread": (rows_of(1, 1, 1, 1, 1, 9), {"Skew": "p25 equals p75"}),
    "a spread": (rows_of(1, 2, 4), {}),
}


@pytest.mark.parametrize("case", REASONS)
def test_reasons_name_what_is_missing(case: str) -> None:
    rows, expected = REASONS[case]
    found = evaluated(rows)
    assert found.rows["Property"][0] == "ResponseTime"
    assert {name: found.reasons[name][0] for name in EVERYWHERE if found.reasons[name][0] is not None} == expected
    assert {name: found.rows[name][0] for name in EVERYWHERE if found.rows[name][0] is None}.keys() == expected.keys()


def test_nothing_sums_to_nothing_and_equal_values_do_not_vary() -> None:
    assert evaluated([]).rows.row(0, named=True)["Sum"] == 0
    row = evaluated(rows_of(*[0.1] * 7)).rows.row(0, named=True)
    assert (row["Mean"], row["Var"], row["Median"], row["p99"]) == (0.1, 0.0, 0.1, 0.1)


def test_a_group_without_cells_is_one_without_values() -> None:
    merged = merged_rows(METRIC.needs(WANTED), pl.DataFrame(rows_of(1.0), schema=SCHEMA, orient="row"), ())
    missing = METRIC.evaluate(merged.select(pl.all().shift(1)), (), WANTED)
    empty = evaluated([])
    assert missing.rows.rows() == empty.rows.rows()
    assert {name: why.to_list() for name, why in missing.reasons.items()} == {
        name: why.to_list() for name, why in empty.reasons.items()
    }


def test_a_text_has_only_a_count_and_so_has_a_day() -> None:
    asked = metric(columns=("Outcome", "Day"))
    table = pl.DataFrame({"Outcome": ["Clicked", None, "Clicked"], "Day": ["2026-01-01", None, None]})
    found = asked.evaluate(merged_rows(asked.needs(WANTED), table, ()), (), WANTED)
    assert found.rows["Count"].to_list() == [2, 1]
    others = [name for name in WANTED if name != "Count"]
    assert {found.rows[name].null_count() for name in others} == {2}
    why = ["a text has only a count", "a date has only a count"]
    assert [found.reasons[name].to_list() for name in others] == [why] * len(others)


def test_a_number_too_large_for_a_float_is_null_and_says_so() -> None:
    found = evaluated(rows_of(1e308, 1e308, -1e307))
    row = found.rows.row(0, named=True)
    assert (row["Max"], row["Median"], row["Sum"], row["Var"]) == (1e308, 1e308, None, None)
    assert [found.reasons[name][0] for name in ("Sum", "Var", "Max")] == ["the numbers are too large"] * 2 + [None]


def test_variance_is_right_where_the_naive_formula_fails() -> None:
    values = np.random.default_rng(3).normal(1e7, 0.1, 5_000)
    row = evaluated(rows_of(*values.tolist())).rows.row(0, named=True)
    assert row["Std"] == pytest.approx(np.std(values, ddof=1), rel=1e-9)
    assert row["MomentSkew"] == pytest.approx(stats.skew(values - 1e7), abs=1e-6)


def test_digests_of_many_values_stay_near_and_exact_ones_are_exact() -> None:
    values = np.random.default_rng(4).gamma(2.0, 10.0, 20_000)
    rows = rows_of(*values.tolist())
    exact = evaluated(rows, asked=metric(use_t_digest=False)).rows.row(0, named=True)
    near = evaluated(rows).rows.row(0, named=True)
    for name, percent in PERCENTILES.items():
        assert exact[name] == pytest.approx(np.percentile(values, percent), rel=1e-12)
        assert np.mean(values <= near[name]) == pytest.approx(percent / 100, abs=0.002)


def test_only_what_is_wanted_is_needed_and_computed() -> None:
    found = evaluated(rows_of(1, 2), wanted=("Max", "Mean"))
    assert found.rows.columns == ["Property", "Max", "Mean"]
    assert set(found.reasons) == {"Max", "Mean"}
    kinds = {
        "Count": {Count, type(METRIC.states[0])},
        "Sum": {Count, type(METRIC.states[0])},
        "Min": {Count, type(METRIC.states[0]), Extrema},
        "p37": {Count, type(METRIC.states[0]), Digest},
        "Skew": {Count, type(METRIC.states[0]), Digest},
    }
    assert {name: {type(state) for state in METRIC.needs([name])} for name in kinds} == kinds


@pytest.mark.parametrize("digests", [True, False])
def test_exact_quantiles_are_not_kept(digests: bool) -> None:  # noqa: FBT001  # a table
    asked = metric(use_t_digest=digests, compression=200)
    kept, built = ([state for state in part if isinstance(state, Digest)] for part in (asked.states, asked.exact))
    assert [state.name for state in (kept if digests else built)] == ["ResponseTime.digest", "Rank.digest"]
    assert {state.compression for state in (*kept, *built)} == {200 if digests else None}
    assert not (built if digests else kept)
    assert len(asked.states) + len(asked.exact) == 7


def test_stored_names_are_unique_and_apart_from_columns() -> None:
    stored = [column.name.casefold() for state in METRIC.states for column in state.stored]
    assert len(stored) == len(set(stored)) == 2 * 9 + 1
    assert not {name.casefold() for name in (*TYPES, *SCORES)} & set(stored)
    with pytest.raises(ConfigError, match='"Rank" and "rank" are one column'):
        metric(columns=("Rank", "rank"))


def test_every_row_counts_by_itself_and_reads_its_column() -> None:
    assert METRIC.labels is None
    assert METRIC.row_keys == ("Property",)
    assert {name for state in METRIC.states for name in state.reads} == set(COLUMNS)


def test_numbers_of_any_type_are_described() -> None:
    asked = metric(columns=("Fee",))
    table = pl.DataFrame({"Fee": ["1.50", None, "2.25"]}).cast(pl.Decimal(9, 2))
    row = asked.evaluate(merged_rows(asked.needs(SCORES), table, ()), (), SCORES).rows.row(0, named=True)
    assert (row["Count"], row["Sum"], row["Max"], row["Median"]) == (2, 3.75, 2.25, 1.875)


def test_the_catalogue_and_any_percentile() -> None:
    assert tuple(score.name for score in FAMILY.catalogue) == SCORES
    kinds = {score.name: score.kind for score in FAMILY.catalogue}
    assert {name for name, kind in kinds.items() if kind is Kind.DISTRIBUTIVE} == {"Count", "Sum", "Min", "Max"}
    percentile = FAMILY.score("p99")
    assert percentile is not None
    assert (percentile.name, percentile.kind, percentile.formula[:28]) == (
        "p99",
        Kind.ALGEBRAIC,
        "the quantile at h = 0.99·(n ",
    )
    assert FAMILY.score("Skew") is FAMILY.catalogue[-2]
    assert [FAMILY.score(name) for name in ("p100", "p", "p1.5", "mean", "CTR")] == [None] * 5
