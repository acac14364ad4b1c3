"""What lies beside exported cells: `manifest.json`, schema `valuekit-cells/1`. See docs/interop.md.

Owns its layout, and the check that a manifest is one. Never reads a cell.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from valuekit.cache.imported import Day
from valuekit.errors import DataError

SCHEMA = "valuekit-cells/1"
FILE = "manifest.json"

Columns = tuple[tuple[str, str], ...]
"""Names with DuckDB types."""


@dataclass(frozen=True)
class Exported:
    """One metric of a manifest.

    Attributes:
        metric: its name where it was exported.
        family: its family.
        fingerprint: the hash of its definition.
        definition: as `CellPlan.definition`.
        dimensions: the key of a cell, besides `_partition`.
        states: the stored columns.
        file: the name of its parquet file.
        rows: how many cells are in it.
        sha256: of the file.
        first, last: the first and last Day of its cells.
        partitions: the days that it was built for; one without cells has no offers.
    """

    metric: str
    family: str
    fingerprint: str
    definition: str
    dimensions: Columns
    states: Columns
    file: str
    rows: int
    sha256: str
    first: date | None
    last: date | None
    partitions: tuple[date, ...]

    @property
    def columns(self) -> Columns:
        """The columns of the file."""
        return (("_partition", "DATE"), *self.dimensions, *self.states)


@dataclass(frozen=True)
class Manifest:
    """What an export holds.

    Attributes:
        version: of the valuekit that wrote it.
        days: the partitions.
        metrics: in the order of the config.
    """

    version: str
    days: tuple[Day, ...]
    metrics: tuple[Exported, ...]

    def text(self) -> str:
        """Lay it out as JSON; equal exports give equal bytes."""
        firsts = [item.first for item in self.metrics if item.first]
        lasts = [item.last for item in self.metrics if item.last]
        window = {
            "facts": sum(day.rows for day in self.days),
            "from": _iso(min(firsts, default=None)),
            "to": _iso(max(lasts, default=None)),
        }
        parts = {
            "schema": SCHEMA,
            "valuekit": self.version,
            "data": window,
            "partitions": [_day_out(day) for day in self.days],
            "metrics": [_metric_out(item) for item in self.metrics],
        }
        return json.dumps(parts, indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Read the manifest of a folder.

        Raises:
            DataError: there is none, it is of another schema, or it is damaged.
        """
        file = folder / FILE
        try:
            parts = json.loads(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise DataError(
                f"{file} cannot be read: {error.strerror}; name a folder that `cache export` wrote"
            ) from error
        except ValueError as error:
            raise DataError(f"{file} is no JSON: {error}; export again") from error
        schema = parts.get("schema") if isinstance(parts, dict) else None
        if schema != SCHEMA:
            raise DataError(f"{file} has schema {schema!r}, this version reads {SCHEMA!r}; export with this version")
        try:
            found = cls(
                str(parts["valuekit"]),
                tuple(_day_in(item) for item in parts["partitions"]),
                tuple(_metric_in(item) for item in parts["metrics"]),
            )
            found._check()
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise DataError(f"{file} is damaged: {type(error).__name__} {error}; export again") from error
        return found

    def _check(self) -> None:
        known = [day.partition for day in self.days]
        if len(set(known)) < len(known):
            raise ValueError("a partition is listed twice")
        for item in self.metrics:
            if fingerprint(item.definition) != item.fingerprint:
                raise ValueError(f"the fingerprint of {item.metric} is not that of its definition")
            if not set(item.partitions) <= set(known):
                raise ValueError(f"{item.metric} has a partition that is not listed")
            if Path(item.file).name != item.file or item.file in {"", ".", ".."}:
                raise ValueError(f"{item.file!r} is no plain file name")


def fingerprint(definition: str) -> str:
    """The first 128 bits of the SHA-256 of a definition, in hexadecimal."""
    return hashlib.sha256(definition.encode()).hexdigest()[:32]


def _day_out(day: Day) -> Mapping[str, object]:
    outcomes = [{"outcome": outcome, "rows": rows} for outcome, rows in day.outcomes]
    named = {"partition": _iso(day.partition), "version": day.version, "sealed": day.sealed}
    return {**named, "rows": day.rows, "outcomes": outcomes}


def _day_in(parts: Mapping[str, Any]) -> Day:
    outcomes = tuple(
        (None if item["outcome"] is None else str(item["outcome"]), _count(item["rows"])) for item in parts["outcomes"]
    )
    partition, version = date.fromisoformat(parts["partition"]), _count(parts["version"])
    return Day(partition, _count(parts["rows"]), outcomes, version, bool(parts["sealed"]))


def _metric_out(item: Exported) -> Mapping[str, object]:
    return {
        "metric": item.metric,
        "family": item.family,
        "fingerprint": item.fingerprint,
        "definition": json.loads(item.definition),
        "dimensions": [{"name": name, "type": kind} for name, kind in item.dimensions],
        "states": [{"name": name, "type": kind} for name, kind in item.states],
        "file": item.file,
        "rows": item.rows,
        "sha256": item.sha256,
        "from": _iso(item.first),
        "to": _iso(item.last),
        "partitions": [_iso(day) for day in item.partitions],
    }


def _metric_in(parts: Mapping[str, Any]) -> Exported:
    return Exported(
        metric=str(parts["metric"]),
        family=str(parts["family"]),
        fingerprint=str(parts["fingerprint"]),
        definition=json.dumps(parts["definition"], sort_keys=True, ensure_ascii=False),
        dimensions=tuple((str(item["name"]), str(item["type"])) for item in parts["dimensions"]),
        states=tuple((str(item["name"]), str(item["type"])) for item in parts["states"]),
        file=str(parts["file"]),
        rows=_count(parts["rows"]),
        sha256=str(parts["sha256"]),
        first=_day(parts["from"]),
        last=_day(parts["to"]),
        partitions=tuple(date.fromisoformat(day) for day in parts["partitions"]),
    )


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{value!r} is no count")
    return value


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
