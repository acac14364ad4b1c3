"""Identity of rows and offers, as SQL over staged rows.

Owns what makes two rows the same row and two rows the same offer. An offer is (InteractionID, Issue/Group/Name, Rank);
a row is its FactID, else its offer with Outcome and OutcomeTime, else all its values. An order is its id, else all its
values. Both become 128-bit keys: the
number itself for a numeric FactID, an MD5 of the parts for everything else. Labels take part as their codes, which the
cache never changes; an empty one and a missing one are the same.
"""

from __future__ import annotations

from valuekit.facts.columns import UNREADABLE_INTEGER
from valuekit.facts.labels import EMPTY

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
    WHEN _fact_text IS NOT NULL THEN md5_number(_fact_text)
    ELSE {_digest("row", "_row_hash")}
END"""
"""The identity of a staged order: its id, else all its values."""

PARTITION = 'CAST(coalesce(min("DecisionTime"), min("OutcomeTime")) AS DATE)'
"""The partition of a new offer, over its rows: the UTC date of its earliest DecisionTime, else OutcomeTime."""

OWN_PARTITION = 'CAST(coalesce("DecisionTime", "OutcomeTime") AS DATE)'
"""The same, where the offer has one row."""
