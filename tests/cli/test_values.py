from __future__ import annotations

from datetime import date, timedelta

import pytest

from valuekit.cli import values
from valuekit.errors import UsageError


def test_lists_split_at_commas_and_keep_order() -> None:
    assert values.split(["Channel,Month", " Issue ", "Channel"]) == ("Channel", "Month", "Issue")
    assert values.split(["", ","]) == ()
    assert values.split(None) == ()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("90", timedelta(seconds=90)),
        ("30s", timedelta(seconds=30)),
        ("1.5m", timedelta(seconds=90)),
        ("26h", timedelta(hours=26)),
        ("7d", timedelta(days=7)),
        ("2w", timedelta(days=14)),
        ("0", timedelta(0)),
    ],
)
def test_durations(text: str, found: timedelta) -> None:
    assert values.duration(text, "--max-age") == found


@pytest.mark.parametrize("text", ["", "h", "-5s", "5 years", "nan", "1e3s", "9" * 400])
def test_what_is_no_duration_names_the_flag(text: str) -> None:
    with pytest.raises(UsageError, match="--max-age"):
        values.duration(text, "--max-age")


def test_dates() -> None:
    assert values.day("2026-01-31", "--since") == date(2026, 1, 31)
    assert values.day(None, "--since") is None
    with pytest.raises(UsageError, match='--since "2026-02-30" is not a date'):
        values.day("2026-02-30", "--since")
