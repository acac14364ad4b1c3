"""Tables of scores held against expected ones: every score of every group, each as closely as it can be known."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

Expected = Mapping[tuple[object, ...], Mapping[str, Any]]


class Closeness(Protocol):
    """How a number is expected that is not known exactly."""

    def holds(self, found: float, row: Mapping[str, Any]) -> bool:
        """Whether a found number will do, given all scores of its row."""


@dataclass(frozen=True)
class Near:
    """A number, known to a relative or absolute difference."""

    value: float
    relative: float
    absolute: float

    def holds(self, found: float, row: Mapping[str, Any]) -> bool:  # noqa: ARG002  # other closenesses need it
        return math.isclose(found, self.value, rel_tol=self.relative, abs_tol=self.absolute)


@dataclass(frozen=True)
class Ranked:
    """Any number of about this rank; between two values their neighbours' ranks count."""

    values: NDArray[np.float64]
    share: float
    error: float

    def holds(self, found: float, row: Mapping[str, Any]) -> bool:  # noqa: ARG002  # other closenesses need it
        n = len(self.values)
        slack = self.error + max(np.unique(self.values, return_counts=True)[1]) / n if self.error < 0.01 else self.error
        below, up_to = (np.searchsorted(self.values, found, side=side) / n for side in ("left", "right"))
        return bool(below - slack <= self.share <= up_to + slack)


@dataclass(frozen=True)
class Bowley:
    """The quartile skewness of the quartiles that were found."""

    def holds(self, found: float, row: Mapping[str, Any]) -> bool:
        low, middle, high = (row[name] for name in ("p25", "Median", "p75"))
        return math.isclose(found, (high - middle - (middle - low)) / (high - low), rel_tol=1e-9, abs_tol=1e-9)


def differences(found: pl.DataFrame, keys: Sequence[str], expected: Expected, tolerance: float = 1e-9) -> list[str]:
    """Everything that is not as expected: missing and further groups, missing and further scores, wrong numbers."""
    rows = {tuple(row[key] for key in keys): row for row in found.iter_rows(named=True)}
    lines = [f"no row {key}" for key in expected if key not in rows]
    lines += [f"unexpected row {key}" for key in rows if key not in expected]
    if len(rows) != found.height:
        lines.append("rows are repeated")
    for key, scores in expected.items():
        row = rows.get(key)
        if row is None:
            continue
        there = {name: row[name] for name in row if name not in keys}
        if set(there) != set(scores):
            lines.append(f"{key} has other scores: {sorted(set(there) ^ set(scores))}")
        lines += [
            f"{key} {name}: {there[name]!r}, not {wanted!r}"
            for name, wanted in scores.items()
            if name in there and not _alike(there[name], wanted, there, tolerance)
        ]
    return lines


def _alike(found: Any, wanted: Any, row: Mapping[str, Any], tolerance: float) -> bool:
    if found is None or wanted is None:
        return found is wanted
    if hasattr(wanted, "holds"):
        return bool(wanted.holds(found, row))
    if isinstance(found, int) or isinstance(wanted, str):
        return bool(found == wanted)
    return math.isclose(found, wanted, rel_tol=tolerance, abs_tol=1e-15)


def same_tables(one: pl.DataFrame, other: pl.DataFrame, keys: Sequence[str]) -> list[str]:
    """Where two tables differ: whole numbers and texts at all, others by 1e-12."""
    columns = [name for name in other.columns if name not in keys]
    expected = {
        tuple(row[key] for key in keys): {
            name: Near(row[name], 1e-12, 1e-15) if isinstance(row[name], float) else row[name] for name in columns
        }
        for row in other.iter_rows(named=True)
    }
    return differences(one, keys, expected)
