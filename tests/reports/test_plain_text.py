"""Text from data as one line: nothing that steers stays, and emoji stay whole."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from valuekit.reports.plain import plain

JOINER = "\u200d"
FAMILY = "\U0001f469\u200d\U0001f469\u200d\U0001f467"


@pytest.mark.parametrize(
    "text",
    [
        FAMILY,
        f"Web {FAMILY}, {FAMILY}",
        "\U0001f3f3\ufe0f\u200d\U0001f308",
        "\U0001f469\U0001f3fd\u200d\u2695\ufe0f",
        "\U0001f642\u200d\u2194\ufe0f",
    ],
    ids=["family", "two families", "flag", "doctor", "nodding"],
)
def test_joined_emoji_stay_whole(text: str) -> None:
    assert plain(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pay\u200dpal", "pay\\u200dpal"),
        ("\u200d\U0001f469", "\\u200d\U0001f469"),
        ("\U0001f469\u200d", "\U0001f469\\u200d"),
        ("\U0001f469\u200d\u200d\U0001f469", "\U0001f469\\u200d\\u200d\U0001f469"),
        ("\U0001f469\u200d\u202e\U0001f469", "\U0001f469\\u200d\\u202e\U0001f469"),
        ("\U0001f469\u200d\x1b[2J", "\U0001f469\\u200d\\x1b[2J"),
        ("a\nb\tc\r", "a b c"),
    ],
)
def test_a_joiner_that_joins_no_emoji_is_spelt_out(text: str, expected: str) -> None:
    assert plain(text) == expected


@given(st.text(st.sampled_from("a \u200d\u200c\u200e\u202e\u2066\ufe0f\x1b\x9b\n\U0001f469\U0001f3fd\u2194\u05d0")))
def test_nothing_else_that_is_hidden_stays(text: str) -> None:
    """Whatever it stands beside: a joiner stands between what can be seen, all others are gone."""
    found = plain(text)
    hidden = {character for character in found if unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp")}
    assert hidden <= {JOINER}
    assert not found.startswith(JOINER)
    assert not found.endswith(JOINER)
    assert JOINER * 2 not in found
