"""The states of the published snapshot, merged at grains that a page carries.

Owns which stored columns a score needs in the page. Never chooses a grain.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from valuekit.metrics.base import HasProperties
from valuekit.metrics.registry import FAMILIES
from valuekit.states.digest import Digest
from valuekit.states.moments import Moments

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import polars as pl

    from valuekit.engines.merging import StoredCells
    from valuekit.metrics.base import Metric
    from valuekit.pipeline.compute import Sources
    from valuekit.pipeline.embedding.grains import Grain
    from valuekit.pipeline.plans import Plans
    from valuekit.states.centroids import Centroids
    from valuekit.states.plan import CellPlan

_BELOW = {"mean": ("n", "rest"), "m2": ("n", "mean", "rest"), "m3": ("n", "mean", "rest", "m2")}
"""What a moment merges with."""


@dataclass(frozen=True)
class Needed:
    """What of a metric's states some scores are computed from.

    Attributes:
        columns: stored columns, digests aside.
        digests: for each score that needs one, its digests.
    """

    columns: frozenset[str]
    digests: dict[str, frozenset[str]]


def needed(metric: Metric, scores: Iterable[str], properties: Sequence[str] | None) -> Needed:
    """Say what scores are computed from, their reasons included."""
    own = metric.only(properties) if properties is not None and isinstance(metric, HasProperties) else metric
    kept = {column.name for state in own.states if not isinstance(state, Digest) for column in state.stored}
    digests = {state.name for state in own.states if isinstance(state, Digest)}
    family, columns, found = FAMILIES[metric.config.family], set[str](), dict[str, frozenset[str]]()
    always = [f"{name}.{part}" for name in properties or () for part in ("moments_n", "count", "scored")]
    columns.update(name for name in always if name in kept)
    for name in scores:
        score = family.score(name)
        stored = score.stored.split(", ") if score else []
        named = {column.replace("<column>", one) for column in stored for one in properties or ("",)}
        columns |= named & kept
        if named & digests:
            found[name] = frozenset(named & digests)
    return Needed(frozenset(_completed(columns) & kept), found)


def _completed(columns: set[str]) -> set[str]:
    """With what moments merge with."""
    stems = [(name[: -len(part)], part) for name in columns for part in _BELOW if name.endswith(f"_{part}")]
    return columns.union(stem + other for stem, part in stems for other in _BELOW[part])


@dataclass
class Snapshot:
    """The published states, merged when they are asked for.

    Attributes:
        sources: the snapshot.
        plans: what the config asks for.
    """

    sources: Sources
    plans: Plans
    _keys: dict[tuple[str, Grain], pl.DataFrame] = field(default_factory=dict)

    def keys(self, metric: str, grain: Grain) -> pl.DataFrame:
        """The keys at a grain with all dimensions of time that derive from them, sorted by the keys."""
        found = self._keys.get((metric, grain))
        if found is None:
            derived = sorted(grain.gives - set(grain.keys))
            found = self._cells(metric).merge((*grain.keys, *derived), [])
            self._keys[metric, grain] = found
        return found

    def columns(self, metric: str, grain: Grain, names: Iterable[str]) -> pl.DataFrame:
        """Stored columns at a grain, one row a row of `keys`."""
        wanted = set(names)
        states = [state for state in self._plan(metric).states if any(one.name in wanted for one in state.stored)]
        merged = self._cells(metric).merge(grain.keys, states)
        stored = [one for state in states for one in state.stored if one.name in wanted]
        return merged.select(column.name for column in stored)

    def digest(self, metric: str, grain: Grain, name: str) -> tuple[Digest, Centroids]:
        """A digest at a grain, not compressed beyond what is stored."""
        state = next(one for one in self._plan(metric).states if isinstance(one, Digest) and one.name == name)
        return state, self._cells(metric).centroids(grain.keys, state)

    def is_moment(self, metric: str, column: str) -> bool:
        """Whether a column is a part of moments."""
        moments = (state for state in self._plan(metric).states if isinstance(state, Moments))
        return any(column == stored.name for state in moments for stored in state.stored)

    def _plan(self, metric: str) -> CellPlan:
        return self.plans.cells[metric]

    def _cells(self, metric: str) -> StoredCells:
        return self.sources.cells(self._plan(metric))
