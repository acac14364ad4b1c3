"""Identity of rows and offers, as SQL over staged rows.

Owns what makes two rows the same row and two rows the same offer. An offer is (InteractionID, Issue/Group/Name, Rank);
a row is its FactID, else its offer with Outcome and OutcomeTime, else all its values. An order is its id, else all its
values. Both become 128-bit keys: the
number itself for a numeric FactID, an MD5 of the parts for everything else. Labels take part as their codes, which the
cache never changes; an empty one and a missing one are the same. The id of an order that has at most 12 bytes is its
own key: nothing has to be hashed, and two of them are never mistaken for one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.facts.columns import UNREADABLE_INTEGER
from valuekit.facts.labels import EMPTY

if TYPE_CHECKING:
    import polars as pl

_SEPARATOR = "chr(31)"


def _digest(tag: str, *parts: str) -> str:
    return f"md5_number(concat_ws({_SEPARATOR}, '{tag}', {', '.join(parts)}))"


def _text(expression: str) -> str:
    return f"coalesce(CAST({expression} AS VARCHAR), '')"


def _code(column: str) -> str:
    return f'coalesce("{column}", {EMPTY})'


_RANK = f"""CASE WHEN "Rank" > {UNREADABLE_INTEGER} THEN CAST("Rank" AS VARCHAR) ELSE '' END"""

OFFER_KEY = f"""CASE
    WHEN _interaction IS NOT NULL
    THEN {_digest("offer", "_interaction", _code("Issue"), _code("Group"), _code("Name"), _RANK)}
    WHEN _fact IS NOT NULL THEN {_digest("fact", _text("_fact"))}
    ELSE {_digest("row", "coalesce(_fact_text, _row_hash)")}
END"""
"""The offer of a staged row; a row without InteractionID is an offer of its own."""

ROW_KEY = f"""CASE
    WHEN _fact IS NOT NULL THEN CAST(CAST(_fact AS HUGEINT) + 9223372036854775808 AS UHUGEINT)
    WHEN _fact_text IS NOT NULL THEN {_digest("fact", "_fact_text")}
    WHEN _interaction IS NOT NULL
    THEN {_digest("outcome", "CAST(_offer AS VARCHAR)", _code("Outcome"), _text('"OutcomeTime"'))}
    ELSE {_digest("row", "_row_hash")}
END"""
"""The identity of a staged row, once `_offer` is known."""

ORDER_KEY = f"""CASE
    WHEN _fact IS NOT NULL THEN CAST(CAST(_fact AS HUGEINT) + 9223372036854775808 AS UHUGEINT)
    WHEN _short_high IS NOT NULL THEN (CAST(_short_high AS UHUGEINT) << 64) | _short_low
    WHEN _fact_text IS NOT NULL THEN md5_number(_fact_text)
    ELSE {_digest("row", "_row_hash")}
END"""
"""The identity of a staged order, with the numbers of `short_ids`: its id, else all its values."""

PARTITION = 'CAST(coalesce(min("DecisionTime"), min("OutcomeTime")) AS DATE)'
"""The partition of a new offer, over its rows: the UTC date of its earliest DecisionTime, else OutcomeTime."""

OWN_PARTITION = 'CAST(coalesce("DecisionTime", "OutcomeTime") AS DATE)'
"""The same, where the offer has one row."""


def short_ids(texts: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Texts of up to 12 bytes as two numbers: their length with the first 4 bytes, and the other 8.

    That is how Arrow writes a short text (the view of `Utf8View`), so nothing is computed.

    Args:
        texts: none is empty.

    Returns:
        UInt64, null where the text is longer or missing; the first is not 0.
    """
    import numpy as np
    import polars as pl

    views = texts.to_arrow(compat_level=pl.CompatLevel.newest())
    if not len(views):
        return pl.Series([], dtype=pl.UInt64), pl.Series([], dtype=pl.UInt64)
    words = np.frombuffer(views.buffers()[1], "<u8").reshape(-1, 2)[views.offset : views.offset + len(views)]
    high, low = pl.Series(words[:, 0]), pl.Series(words[:, 1])
    short = ((words[:, 0] & 0xFFFFFFFF) <= SHORT) & texts.is_not_null().to_numpy()
    if short.all():
        return high, low
    long = pl.Series(~short)
    return high.set(long, None), low.set(long, None)


SHORT = 12
"""So many bytes a short id has at most."""
