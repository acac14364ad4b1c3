"""Tables, dictionaries and the header of what a page carries.

Owns how they are written for `reports/page/engine`. Never decides what is carried.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from valuekit.facts.columns import TIME_DIMENSIONS
from valuekit.pipeline.reporting.customer_cards import DAYS
from valuekit.reports.embedding import Body
from valuekit.reports.values import exact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import polars as pl

    from valuekit.metrics.base import Metric
    from valuekit.pipeline.embedding.digests import Held
    from valuekit.pipeline.embedding.grains import Grain
    from valuekit.pipeline.embedding.panels import Part
    from valuekit.pipeline.embedding.states import Snapshot

_NEGLIGIBLE = 1e-11
"""So much of a sum of squares may be lost with what means have beyond the precision of a float."""


@dataclass
class Writer:
    """Writes the tables that are wanted.

    Attributes:
        snapshot: where states come from.
        filters: the global filters.
        body: where columns go.
        wanted: by metric and grain the stored columns.
    """

    snapshot: Snapshot
    filters: tuple[str, ...]
    body: Body
    wanted: dict[tuple[str, Grain], set[str]] = field(default_factory=dict)
    _tables: list[dict[str, Any]] = field(default_factory=list)
    _places: dict[tuple[str, Grain], int] = field(default_factory=dict)
    _dictionaries: dict[str, pl.Series] = field(default_factory=dict)

    def want(self, metric: str, grain: Grain, columns: Iterable[str]) -> None:
        """Note columns of a table."""
        self.wanted.setdefault((metric, grain), set()).update(columns)

    def sizes(self) -> dict[tuple[str, Grain], int]:
        """About how many characters each table takes."""
        found = {}
        for key, columns in self.wanted.items():
            other = Writer(self.snapshot, self.filters, Body())
            other.want(*key, columns)
            other.write_columns()
            found[key] = other.body.size()
        return found

    def write_columns(self) -> None:
        """Write the keys and columns of all tables."""
        self._dictionaries = self._all_values(self.wanted)
        for key, columns in self.wanted.items():
            self._write_table(key, sorted(columns))

    def write_digest(self, held: Held, delta: int | None) -> None:
        """Write a digest into the table of its grain, a new one where there is none."""
        key = (held.metric, held.grain)
        if key not in self._places:
            self._dictionaries = {**self._all_values([key]), **self._dictionaries}
            self._write_table(key, [])
        self._tables[self._places[key]]["digests"][held.state.name] = held.write(self.body, delta)

    def place(self, metric: str, grain: Grain) -> int:
        """The number of a table."""
        return self._places[metric, grain]

    def text(self, reports: Mapping[str, Sequence[Part]], cards: Sequence[Part]) -> str:
        """All of it, as text."""
        import polars as pl

        metrics = {part.wish.metric for parts in reports.values() for part in parts if part.wish}
        metrics |= {name for name, _ in self._places}
        header = {
            "filters": [
                {"name": name, "time": name in TIME_DIMENSIONS} for name in self.filters if name in self._dictionaries
            ],
            "dictionaries": {name: [exact(value) for value in values] for name, values in self._dictionaries.items()},
            "labels": {name: labels(one) for name, one in self._dictionaries.items() if one.dtype != pl.String},
            "tables": self._tables,
            "metrics": {name: facts_of(self.snapshot.plans.metrics[name]) for name in sorted(metrics)},
            "reports": {name: [part.spec for part in parts] for name, parts in reports.items()},
            "cards": [card_spec(part) for part in cards],
        }
        return self.body.text(header)

    def _all_values(self, keys: Iterable[tuple[str, Grain]]) -> dict[str, pl.Series]:
        """By dimension all its values in all tables, sorted, the missing one first."""
        import polars as pl

        found: dict[str, list[pl.Series]] = {}
        for key in keys:
            for column in self.snapshot.keys(*key).get_columns():
                found.setdefault(column.name, []).append(column.unique())
        return {name: pl.concat(parts).unique().sort(nulls_last=False) for name, parts in sorted(found.items())}

    def _write_table(self, key: tuple[str, Grain], columns: Sequence[str]) -> None:
        metric, grain = key
        frame = self.snapshot.keys(metric, grain)
        codes = {name: self._codes(frame[name]) for name in frame.columns}
        table: dict[str, Any] = {
            "size": frame.height,
            "keys": {name: self.body.whole(codes[name]) for name in grain.keys},
            "derived": {},
            "columns": {},
            "digests": {},
        }
        for name in sorted(grain.gives - set(grain.keys)):
            table["derived"][name] = {"from": grain.time, "codes": _mapping(codes[str(grain.time)], codes[name])}
        if columns:
            stored = self.snapshot.columns(metric, grain, columns)
            for name in columns:
                if not name.endswith("_rest") or _matters(stored, name):
                    table["columns"][name] = self._column(stored[name])
        self._places[key] = len(self._tables)
        self._tables.append(table)

    def _codes(self, values: pl.Series) -> np.ndarray[Any, np.dtype[np.int64]]:
        import polars as pl

        known = self._dictionaries[values.name]
        codes = pl.DataFrame({"value": known, "code": np.arange(known.len())})
        found = values.to_frame("value").join(codes, on="value", how="left", nulls_equal=True, maintain_order="left")
        return found["code"].to_numpy()

    def _column(self, values: pl.Series) -> Any:  # noqa: ANN401
        if values.dtype.is_integer():
            return self.body.whole(values.fill_null(0).to_numpy())
        return self.body.floats(values.cast(float).fill_null(float("nan")).to_numpy())


def labels(values: pl.Series) -> list[str | None]:
    """Values as texts, as in labels of arms and names of references; None where missing or empty."""
    import polars as pl

    return [text or None for text in values.cast(pl.String).to_list()]


def facts_of(metric: Metric) -> dict[str, Any]:
    """What the formulas of a metric go by."""
    config, family = metric.config, metric.config.family
    found: dict[str, Any] = {"family": family, "compression": config.compression}
    if family in {"engagement", "conversion"}:
        rate = "CTR" if family == "engagement" else "ConversionRate"
        found |= {"rate": rate, "test": config.test, "control": config.control}
    if family == "experiment":
        names = {"name": config.experiment_name, "group": config.experiment_group}
        found["design"] = {**names, "control": config.control_group}
    if family == "descriptive":
        columns = getattr(metric, "columns", ())
        found["columns"] = {column.name: getattr(column, "kind", None) for column in columns}
    return found


def card_spec(part: Part) -> dict[str, Any]:
    """A card with what is in it."""
    trend = part.inner.get("trend")
    there = trend is not None and trend.spec.get("failure") is None and not trend.spec["unavailable"]
    kept = {name: trend.spec[name] for name in ("table", "digests", "properties")} if trend and there else None
    kept = kept and kept | {"most": DAYS}
    return {**part.spec, "trend": kept, "beside": [card_spec(other) for other in part.inner.get("beside", ())]}


def _mapping(base: np.ndarray[Any, Any], derived: np.ndarray[Any, Any]) -> list[int]:
    """For each code of a dimension the code of one that derives from it; 0 where there is no such row."""
    found = np.zeros(int(base.max()) + 1 if base.size else 0, dtype=np.int64)
    found[base] = derived
    return [int(code) for code in found]


def _matters(stored: pl.DataFrame, rest: str) -> bool:
    """Whether what means have beyond the precision of a float matters: where values are large and alike.

    Without it a merged M2 is off by at most |rest|·sqrt(n/M2) of a cell, relatively: 2nδ·rest over M2 + nδ² is greatest
    where both summands are equal.
    """
    stem = rest.removesuffix("rest")
    if f"{stem}m2" not in stored.columns:
        return False
    n, m2, beyond = (np.nan_to_num(stored[f"{stem}{part}"].cast(float).to_numpy()) for part in ("n", "m2", "rest"))
    some = beyond != 0
    return bool((np.abs(beyond[some]) * np.sqrt(n[some]) > _NEGLIGIBLE * np.sqrt(m2[some])).any())
