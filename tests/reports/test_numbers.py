"""Values as text: exact for programs, legible for people."""

# ruff: noqa: RUF001  an en dash is what people see where there is no value, and between the ends of an interval

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from valuekit.metrics.registry import CATALOGUES
from valuekit.reports.numbers import SHORT, UNITS, shown, shown_interval, shown_key
from valuekit.reports.values import exact, exact_text

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@given(FINITE)
def test_floats_keep_twelve_significant_digits(value: float) -> None:
    found = exact(value)
    assert isinstance(found, float)
    assert found == pytest.approx(value, rel=5e-12, abs=0.0)
    digits = Decimal(repr(found)).normalize().as_tuple().digits
    assert len(digits) <= 12
    assert float(exact_text(value)) == found


@given(st.integers())
def test_integers_stay_whole(value: int) -> None:
    assert exact(value) == value
    assert exact_text(value) == str(value)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, None])
def test_what_is_no_number_is_no_value(value: float | None) -> None:
    assert exact(value) is None
    assert exact_text(value) == ""
    assert shown(value, "rate") == "–"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1 + 0.2, "0.3"),
        (1 / 3, "0.333333333333"),
        (1.0, "1.0"),
        (-0.0, "0.0"),
        (9.813427854295816e-198, "9.8134278543e-198"),
        (True, "true"),
        (date(2026, 1, 5), "2026-01-05"),
        (datetime(2026, 1, 5, 6, 7, 8, 900), "2026-01-05T06:07:08"),
        (datetime(2026, 1, 5, 6, 7, tzinfo=UTC), "2026-01-05T06:07:00Z"),
        (datetime(2026, 1, 5, 1, tzinfo=timezone(timedelta(hours=2))), "2026-01-04T23:00:00Z"),
        ("Web", "Web"),
        ("", ""),
    ],
)
def test_exact_text(value: object, text: str) -> None:
    assert exact_text(value) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1234567, "count", "1,234,567"),
        (0.0142, "rate", "1.42 %"),
        (1.0, "rate", "100.00 %"),
        (0.0, "rate", "0.00 %"),
        (0.0025091, "rate", "0.251 %"),
        (0.0000177, "rate", "0.00177 %"),
        (0.123456, "change", "+12.35 %"),
        (-0.5, "change", "-50.00 %"),
        (0.0, "change", "0.00 %"),
        (12.3456, "change", "+1,234.56 %"),
        (0.00321, "difference of rate", "+0.321 points"),
        (-0.0123, "difference of rate", "-1.23 points"),
        (0.0, "difference of rate", "0.00 points"),
        (0.5, "difference of change", "+50.00 points"),
        (-0.5, "difference of change", "-50.00 points"),
        (1234.5, "difference of money", "+1,234.50"),
        (-1234.0, "difference of count", "-1,234"),
        (-0.0123, "difference of probability", "-0.0123"),
        (0.02134, "probability", "0.0213"),
        (9.81e-198, "probability", "9.8e-198"),
        (0.0, "probability", "0.0000"),
        (-2.3456, "z", "-2.35"),
        (1234.5, "money", "1,234.50"),
        (12345.678, "ratio", "12,345.7"),
        (1.23456, "ratio", "1.235"),
        (0.000123456, "number", "0.0001235"),
        (20260101.0, "number", "20,260,101"),
        (-1234.56, "number", "-1,234.6"),
        (1e300, "number", "1e+300"),
        (1e300, "money", "1e+300"),
        (3.2214, "bits", "3.221"),
        (2026, None, "2026"),
        (date(2026, 1, 5), None, "2026-01-05"),
        (None, None, "–"),
    ],
)
def test_whole_numbers_for_tables(value: object, unit: str | None, text: str) -> None:
    assert shown(value, unit, short=False) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (999, "count", "999"),
        (1000, "count", "1 k"),
        (12_345, "count", "12.3 k"),
        (999_499, "count", "999 k"),
        (999_500, "count", "1 M"),
        (1_200_000, "money", "1.2 M"),
        (-12_345.6, "money", "-12.3 k"),
        (3.4e9, "money", "3.4 B"),
        (9.99e14, "number", "999 T"),
        (1e16, "number", "1e+16"),
        (0.0142, "rate", "1.42 %"),
        (0.5, "rate", "50 %"),
        (0.0, "rate", "0 %"),
        (0.123, "change", "+12.3 %"),
        (-0.123, "change", "-12.3 %"),
        (0.00099, "probability", "< 0.001"),
        (0.02134, "probability", "0.021"),
        (2.3149, "z", "2.31"),
        (0.000123456, "ratio", "0.000123"),
        (2026, "time", "2026"),
        (2026, "text", "2026"),
        (date(2026, 1, 5), "time", "2026-01-05"),
        (None, "money", "–"),
    ],
)
def test_short_numbers_for_pictures(value: object, unit: str | None, text: str) -> None:
    assert shown(value, unit) == text


@given(st.floats(min_value=-1e14, max_value=1e14), st.sampled_from(["count", "money", "number", "ratio", "bits"]))
def test_a_short_number_reads_back_to_three_digits(value: float, unit: str) -> None:
    digits, _, letter = shown(value, unit).partition(" ")
    power = {"": 0, "k": 3, "M": 6, "B": 9, "T": 12}[letter]
    expected = round(value) if unit == "count" and abs(value) < 1000 else value
    assert float(digits) * 10.0**power == pytest.approx(expected, rel=0.0051, abs=0.0)
    assert len(digits.lstrip("-")) <= len("1.23e-300")


def test_a_missing_dimension_is_a_word() -> None:
    assert (shown_key(None), shown_key("Web"), shown_key(2026)) == ("(missing)", "Web", "2026")


@pytest.mark.parametrize("family", CATALOGUES)
def test_every_unit_of_a_family_is_known(family: str) -> None:
    scores = [*CATALOGUES[family].catalogue, *filter(None, [CATALOGUES[family].score("p99")])]
    assert {score.unit for score in scores} <= set(UNITS)
    assert set(UNITS) == set(SHORT)


def test_an_interval_names_its_unit_once() -> None:
    assert shown_interval(0.012, 0.0165, "rate", short=False) == "1.20 – 1.65 %"
    assert shown_interval(0.012, 0.0165, "rate") == "1.2 – 1.65 %"
    assert shown_interval(-0.1, 0.2, "change", short=False) == "-10.00 – +20.00 %"
    assert shown_interval(None, 0.2, "rate") == "–"


@given(st.text())
def test_nothing_legible_steers_a_terminal(value: str) -> None:
    assert shown(value).isprintable()
