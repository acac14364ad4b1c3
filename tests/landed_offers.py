"""Offers one by one, and what is published of them, for tests of runs."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sample_history import START, Record, stamp

if TYPE_CHECKING:
    import polars as pl

    from valuekit.pipeline import Workspace


def table(workspace: Workspace, metric: str = "engagement", by: tuple[str, ...] = ("Day", "Channel")) -> pl.DataFrame:
    return workspace.compute([metric], by=by).results[0].rows


def counts(frame: pl.DataFrame, key: str = "Channel") -> dict[object, tuple[int, int]]:
    return {row[key]: (row["Positives"], row["Negatives"]) for row in frame.iter_rows(named=True)}


def offer(outcome: str, **changes: object) -> Record:
    values: Record = {
        "pxInteractionID": "1",
        "pyIssue": "Sales",
        "pyGroup": "Cards",
        "pyName": "A",
        "pxRank": 1,
        "pyChannel": "Web",
        "ModelControlGroup": "Test",
        "pxDecisionTime": stamp(START),
        "pxOutcomeTime": stamp(START + timedelta(minutes=1)),
        "pyOutcome": outcome,
        "pxFactID": "",
    }
    return values | changes


def totals(workspace: Workspace) -> tuple[int, int]:
    row = workspace.compute(["engagement"]).results[0].rows.row(0, named=True)
    return row["Positives"], row["Negatives"]
