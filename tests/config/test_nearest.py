"""The error for a name that does not exist."""

from __future__ import annotations

from valuekit.config.nearest import unknown


def test_an_unknown_name_gets_the_nearest_or_a_remedy() -> None:
    known = ["engagement", "conversion"]
    assert str(unknown("metric", "engagment", known, "See list.")) == (
        'there is no metric "engagment". Did you mean "engagement"?'
    )
    assert str(unknown("metric", "zzz", known, "See list.")) == 'there is no metric "zzz". See list.'
