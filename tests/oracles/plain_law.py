"""How rows become offers, a second time and as plainly as can be: dicts, lists and sorting."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from typing import Any
from zoneinfo import ZoneInfo

Row = dict[str, Any]
Test = Callable[[Row], bool]

TIMES = ("DecisionTime", "OutcomeTime")
NUMBERS = ("FinalPropensity", "Priority", "Propensity", "Revenue", "Value", "Weight")
TEXTS = (
    *("Channel", "ConversionEventID", "CustomerID", "ExperimentGroup", "ExperimentName", "FactID", "Group"),
    *("InteractionID", "Issue", "ModelControlGroup", "Name", "Outcome", "PlacementType", "SubjectID"),
)
COLUMNS = sorted((*TIMES, *NUMBERS, *TEXTS, "Rank"))
_COMPARED = [name for name in COLUMNS if name not in {"FactID", "InteractionID", "SubjectID"}]


@dataclass(frozen=True)
class Offer:
    """The row that decides, whether it is positive, and all positive rows."""

    row: Row
    positive: bool
    positives: Sequence[Row]


def read_rows(records: Iterable[Mapping[str, object]], zone: str = "UTC") -> list[Row]:
    """Rows under Pega's names without prefixes; what cannot be read is missing, without a time there is no row."""
    rows = (_read(record, ZoneInfo(zone)) for record in records)
    return list(_distinct(row for row in rows if row["OutcomeTime"] is not None))


def _read(record: Mapping[str, object], zone: ZoneInfo) -> Row:
    source = {name.removeprefix("px").removeprefix("py"): value for name, value in record.items()}
    if source.get("CustomerID") is None:
        source["CustomerID"] = source.get("SubjectID")
    if source.get("PlacementType") is None:
        source["PlacementType"] = "N/A"
    row: Row = {name: _text(source.get(name)) for name in TEXTS}
    row |= {name: _number(source.get(name)) for name in NUMBERS}
    row |= {name: _time(source.get(name)) for name in TIMES}
    rank = _number(source.get("Rank"))
    row["Rank"] = None if rank is None else int(rank)
    row["whole"] = json.dumps(
        {name: value for name, value in record.items() if value not in {None, ""}}, sort_keys=True
    )
    return row | _derived(row, zone)


def _derived(row: Row, zone: ZoneInfo) -> Row:
    if row["OutcomeTime"] is None:
        return {}
    day = row["OutcomeTime"].replace(tzinfo=UTC).astimezone(zone).date()
    decided = row["DecisionTime"]
    week = day.isocalendar()
    return {
        "Day": day,
        "Week": f"{week.year}-W{week.week:02d}",
        "Month": f"{day:%Y-%m}",
        "Quarter": f"{day.year}_Q{(day.month + 2) // 3}",
        "Year": str(day.year),
        "ActionID": "/".join(row[name] or "" for name in ("Issue", "Group", "Name")),
        "ResponseTime": None if decided is None else (row["OutcomeTime"] - decided).total_seconds(),
        "Medium": "Mail" if row["Channel"] == "Email" else "Screen",
    }


def _text(value: object) -> str | None:
    return str(value) if value not in {None, ""} else None


def _number(value: object) -> float | None:
    try:
        number = float(str(value))
    except ValueError:
        return None
    return number if isfinite(number) else None


def _time(value: object) -> datetime | None:
    try:
        return datetime.strptime(str(value), "%Y%m%dT%H%M%S.%f GMT")
    except ValueError:
        return None


def _distinct(rows: Iterable[Row]) -> Iterable[Row]:
    """One row of each identity: the latest, then the greatest, a value above a missing one."""
    best: dict[object, Row] = {}
    for row in rows:
        identity = _identity(row)
        if identity not in best or _greatness(row) > _greatness(best[identity]):
            best[identity] = row
    return best.values()


def _identity(row: Row) -> object:
    if row["FactID"] is not None:
        return row["FactID"]
    if row["InteractionID"] is not None:
        return (*_offer_key(row), row["Outcome"], row["OutcomeTime"])
    return row["whole"]


def _greatness(row: Row) -> tuple[object, ...]:
    return row["OutcomeTime"], [(row[name] is not None, row[name]) for name in _COMPARED]


def _offer_key(row: Row) -> tuple[object, ...]:
    if row["InteractionID"] is None:
        return ("alone", row["FactID"] or row["whole"])
    return tuple(row[name] for name in ("InteractionID", "Issue", "Group", "Name", "Rank"))


def resolve(
    rows: Iterable[Row], positive: Collection[str], negative: Collection[str], keep: Test, reads: Iterable[str]
) -> list[Offer]:
    """Offers from rows.

    Args:
        rows: from `read_rows`.
        positive: outcomes that make an offer positive.
        negative: outcomes that make it negative otherwise.
        keep: the filter of rows.
        reads: the columns that break ties.
    """
    ties = sorted(reads)
    together: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        if keep(row) and row["Outcome"] in {*positive, *negative}:
            together.setdefault(_offer_key(row), []).append(row)
    offers = []
    for several in together.values():
        positives = [row for row in several if row["Outcome"] in positive]
        deciding = min(positives or several, key=lambda row: _place(row, ties))
        offers.append(Offer(deciding, bool(positives), positives))
    return offers


def _place(row: Row, ties: Sequence[str]) -> tuple[object, ...]:
    """Time, FactID (numbers before texts before none), then the values, missing ones last."""
    fact = row["FactID"]
    number = fact is not None and fact.lstrip("-").isdigit()
    ids = (fact is None, not number, int(fact) if number else 0, fact or "")
    return row["OutcomeTime"], ids, [(row[name] is None, row[name]) for name in ties]
