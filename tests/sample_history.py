"""Small exports, a config for them, and a plain Python reading of what they mean, for tests of any room."""

from __future__ import annotations

import json
import zipfile
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from valuekit.config.load import load
from valuekit.pipeline import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

Record = dict[str, object]

CONFIG = """
[ih]
path = "exports"
file_pattern = "**/*.zip"

[metrics]
global_filters = ["Channel"]

[metrics.engagement]
group_by = ["Day", "Channel", "Issue"]
positive_model_response = ["Clicked"]
negative_model_response = ["Impression", "Pending"]

[metrics.engagement_other]
group_by = ["Month", "Name"]
filter = "Channel <> 'Email'"
positive_model_response = ["Clicked", "Conversion"]
negative_model_response = ["Impression"]
"""

START = datetime(2026, 1, 1)


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y%m%dT%H%M%S.") + f"{moment.microsecond // 1000:03d} GMT"


def make_history(seed: int, offers: int = 300, days: int = 6) -> list[Record]:
    """Outcomes of some offers: late clicks, repeated rows, empty values, offers without an interaction."""
    random = Random(seed)  # noqa: S311 - test data
    records: list[Record] = []
    for number in range(offers):
        decided = START + timedelta(minutes=random.randrange(days * 24 * 60))
        base: Record = {
            "pxInteractionID": str(random.randrange(1 << 60) - (1 << 59)) if number % 20 else "",
            "pySubjectID": f"C-{random.randrange(50)}",
            "pyIssue": random.choice(["Sales", "Service"]),
            "pyGroup": "Cards",
            "pyName": random.choice(["A", "B", "C"]),
            "pyChannel": random.choice(["Web", "Mobile", "Email", ""]),
            "pxRank": random.choice([1, 2]),
            "ModelControlGroup": random.choice(["Test", "Test", "Test", "Control", ""]),
            "pxDecisionTime": stamp(decided),
        }
        outcomes = [("Impression", 1)]
        if random.random() < 0.3:
            outcomes.append(("Pending", 0))
        if random.random() < 0.25:
            outcomes.append(("Clicked", random.choice([5, 60 * 26])))
        if random.random() < 0.1:
            outcomes.append(("Conversion", 60 * 40))
        for outcome, minutes in outcomes:
            at = decided + timedelta(minutes=minutes, milliseconds=random.randrange(1000))
            fact = str(random.randrange(1 << 62)) if base["pxInteractionID"] == "" or random.random() < 0.8 else ""
            records.append({**base, "pyOutcome": outcome, "pxOutcomeTime": stamp(at), "pxFactID": fact})
    records += random.sample(records, len(records) // 20)
    random.shuffle(records)
    return records


def write_export(path: Path, records: Iterable[Mapping[str, object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.json", "".join(json.dumps(record) + "\n" for record in records))


def engagement(
    records: Iterable[Mapping[str, object]], key: Callable[[Mapping[str, object]], object], *, positive: str = "Clicked"
) -> dict[object, tuple[int, int]]:
    """Positives and negatives by key, straight from the definition of an offer."""
    offers: dict[object, list[Mapping[str, object]]] = {}
    seen: set[object] = set()
    for number, record in enumerate(records):
        offer: object = tuple(record[name] for name in ("pxInteractionID", "pyIssue", "pyGroup", "pyName", "pxRank"))
        if not record["pxInteractionID"]:
            offer = record["pxFactID"] or number
        identity = record["pxFactID"] or (offer, record["pyOutcome"], record["pxOutcomeTime"])
        if identity not in seen:
            seen.add(identity)
            offers.setdefault(offer, []).append(record)
    counts: dict[object, tuple[int, int]] = {}
    for rows in offers.values():
        positives = [row for row in rows if row["pyOutcome"] == positive]
        deciding = positives or [row for row in rows if row["pyOutcome"] in {"Impression", "Pending"}]
        if deciding:
            first = min(deciding, key=lambda row: str(row["pxOutcomeTime"]))
            before = counts.get(key(first), (0, 0))
            counts[key(first)] = (before[0] + bool(positives), before[1] + (not positives))
    return counts


def open_workspace(project: Path) -> Workspace:
    return Workspace(load(project / "valuekit.toml"))
