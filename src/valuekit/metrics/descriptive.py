"""Descriptive statistics of columns: how many values, how large, how spread.

Owns the family `descriptive`: every row counts by itself, and each configured column is a result row of its own. Never
reads a value: states hold what is known of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np

from valuekit import sql
from valuekit.config.families import FAMILIES
from valuekit.errors import ConfigError
from valuekit.metrics.base import Kind, Score
from valuekit.metrics.dimensions import cell_dimensions
from valuekit.metrics.names import PROPERTY
from valuekit.metrics.properties import interleaved, is_number
from valuekit.metrics.scoring import computed, evaluation, number, said, whole
from valuekit.states.centroids import Centroids
from valuekit.states.counts import Count
from valuekit.states.digest import Digest
from valuekit.states.extrema import Extrema
from valuekit.states.moments import Moments

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    import polars as pl
    from numpy.typing import NDArray

    from valuekit.config.models import MetricConfig
    from valuekit.metrics.base import Evaluation, Histogram, Holistic, Labels
    from valuekit.metrics.scoring import Formulas
    from valuekit.states.base import State
    from valuekit.states.plan import Sum

_NAME = "descriptive"
_KINDS = {"VARCHAR": "a text", "BOOLEAN": "a flag", "DATE": "a date", "TIMESTAMP": "a time"}
_DIGEST = "<column>.digest"
_QUARTILES = (25, 50, 75)


def _catalogue() -> tuple[Score, ...]:
    """Describe every score, in output order; n values x of a column, M2 and M3 their central moments times n."""
    none, few = "there is no value, or the column holds no numbers", "there are fewer than two values, or no numbers"

    def of_moments(name: str, formula: str, null_when: str, parts: str, unit: str = "number") -> Score:
        stored = ", ".join(f"<column>.moments_{part}" for part in parts.split())
        kind = Kind.DISTRIBUTIVE if parts in {"n", "sum"} else Kind.ALGEBRAIC
        return Score(name, kind, formula, null_when, stored, unit)

    def extremum(name: str, which: str) -> Score:
        stored = f"<column>.extrema_{name.lower()}"
        return Score(name, Kind.DISTRIBUTIVE, f"the {which} value", none, stored, "number")

    bowley = "(p75 + p25 - 2·p50)/(p75 - p25) (Bowley, 1901)"
    return (
        of_moments("Count", "n, the values that are not missing; numbers are finite", "never", "n", "count"),
        of_moments("Sum", "the sum of the values; 0 for no value", "the column holds no numbers", "sum"),
        extremum("Min", "least"),
        extremum("Max", "greatest"),
        of_moments("Mean", "Σx/n", none, "n mean"),
        of_moments("Var", "M2/(n - 1), M2 = Σ(x - Mean)² (merged after Chan et al., 1983)", few, "n m2"),
        of_moments("Std", "sqrt(Var)", few, "n m2"),
        _quantile("Median", 50),
        *(_quantile(f"p{percent}", percent) for percent in (25, 75, 90, 95)),
        Score("Skew", Kind.ALGEBRAIC, bowley, f"{none}, or p25 = p75", _DIGEST, "ratio"),
        of_moments(
            "MomentSkew", "sqrt(n)·M3/M2^1.5, M3 = Σ(x - Mean)³", f"{none}, or all are equal", "n m2 m3", "ratio"
        ),
    )


def _quantile(name: str, percent: int) -> Score:
    """Describe a percentile."""
    formula = f"the quantile at h = {percent / 100:g}·(n - 1), interpolated (Hyndman & Fan, 1996, type 7)"
    return Score(name, Kind.ALGEBRAIC, formula, "there is no value, or the column holds no numbers", _DIGEST, "number")


_CATALOGUE = _catalogue()
_BY_NAME = {score.name: score for score in _CATALOGUE}


def _score(name: str) -> Score | None:
    """The score of a name; `pNN` is the NNth percentile."""
    if name in _BY_NAME or not FAMILIES[_NAME].has_score(name):
        return _BY_NAME.get(name)
    return _quantile(name, int(name[1:]))


@dataclass(frozen=True)
class _Text:
    """A column that holds no numbers: its values are only counted.

    Attributes:
        name: the column's name.
        kind: what it holds, as in "a text".
    """

    name: str
    kind: str

    @property
    def _count(self) -> str:
        return f"{self.name}.count"

    def states(self, compression: int | None) -> tuple[State, ...]:  # noqa: ARG002  # a text has no digest
        """How many values there are."""
        return (Count(self._count, f"{sql.name(self.name)} IS NOT NULL", frozenset({self.name})),)

    def evaluate(self, merged: pl.DataFrame, by: Sequence[str], wanted: Sequence[Score]) -> Evaluation:
        """Count values."""
        import polars as pl

        def repeated(value: str | None, dtype: type[pl.DataType]) -> pl.Series:
            return pl.Series([value], dtype=dtype).new_from_index(0, merged.height)

        others = [score.name for score in wanted if score.name != "Count"]
        scores = {name: repeated(None, pl.Float64).alias(name) for name in others}
        scores |= computed({("Count",): lambda: (whole(merged, self._count),)}, [score.name for score in wanted])
        why = repeated(f"{self.kind} has only a count", pl.String)
        return evaluation(merged, by, wanted, scores, {name: why.alias(name) for name in others})


@dataclass(frozen=True)
class _Number:
    """A column of numbers.

    Attributes:
        name: the column's name.
        sql: SQL of its value, as a DOUBLE.
    """

    name: str
    sql: str

    def states(self, compression: int | None) -> tuple[State, ...]:
        """Moments, extrema and a digest."""
        reads = frozenset({self.name})
        return (
            Moments(f"{self.name}.moments", self.sql, reads),
            Extrema(f"{self.name}.extrema", self.sql, reads),
            Digest(f"{self.name}.digest", self.sql, reads, compression=compression, joint=False),
        )

    def evaluate(self, merged: pl.DataFrame, by: Sequence[str], wanted: Sequence[Score]) -> Evaluation:
        """Compute the scores wanted of METRICS.md §6."""
        names = [score.name for score in wanted]
        summary = _Summary(self.name, merged, _percents(wanted))
        with np.errstate(over="ignore", invalid="ignore"):
            scores = computed(_formulas(summary, wanted), names)
            return evaluation(merged, by, wanted, scores, said(merged, _reasons(summary, wanted), names))


class _Summary:
    """What is stored of one column of numbers, read when it is asked for.

    Args:
        column: the column's name.
        merged: one row a group.
        percents: which percentiles are asked for.
    """

    def __init__(self, column: str, merged: pl.DataFrame, percents: Sequence[int]) -> None:
        self.column = column
        self.merged = merged
        self.percents = percents
        self.n = whole(merged, f"{column}.moments_n")

    def moment(self, part: str) -> NDArray[np.float64]:
        """One stored moment."""
        return number(self.merged, f"{self.column}.moments_{part}")

    def extremum(self, part: str) -> NDArray[np.float64]:
        """The least (`min`) or the greatest value (`max`)."""
        return number(self.merged, f"{self.column}.extrema_{part}")

    @cached_property
    def percentiles(self) -> Mapping[int, NDArray[np.float64]]:
        """The percentiles asked for."""
        from valuekit.stats.quantiles import quantile

        digest = Centroids.of_column(self.merged.get_column(f"{self.column}.digest").to_arrow())
        shares = [percent / 100 for percent in self.percents]
        found = quantile(digest.starts, digest.means, digest.weights, digest.atoms, shares)
        return dict(zip(self.percents, found.T, strict=True))

    @property
    def variance(self) -> NDArray[np.float64]:
        """The variance with ddof 1, NaN below two values."""
        several = self.n > 1
        return np.where(several, self.moment("m2") / np.where(several, self.n - 1, 1), np.nan)

    @property
    def bowley(self) -> NDArray[np.float64]:
        """The quartile skewness, between -1 and 1; NaN for a zero spread."""
        from valuekit.stats.quantiles import bowley_skew

        return bowley_skew(*(self.percentiles[percent] for percent in _QUARTILES))

    @property
    def moment_skew(self) -> NDArray[np.float64]:
        """The third standardised moment, NaN where all values are equal."""
        m2, m3 = self.moment("m2"), self.moment("m3")
        spread = m2 > 0
        m2 = np.where(spread, m2, 1)
        return np.where(spread, m3 / m2 / np.sqrt(m2 / np.maximum(self.n, 1)), np.nan)


def _formulas(summary: _Summary, wanted: Sequence[Score]) -> Formulas:
    """List how the scores of a column of numbers are computed."""

    def percentile(percent: int) -> Sequence[NDArray[np.float64]]:
        return (summary.percentiles[percent],)

    return {
        ("Count",): lambda: (summary.n,),
        ("Sum",): lambda: (np.where(summary.n > 0, summary.moment("sum"), 0.0),),
        ("Min",): lambda: (summary.extremum("min"),),
        ("Max",): lambda: (summary.extremum("max"),),
        ("Mean",): lambda: (summary.moment("mean"),),
        ("Var",): lambda: (summary.variance,),
        ("Std",): lambda: (np.sqrt(summary.variance),),
        ("Skew",): lambda: (summary.bowley,),
        ("MomentSkew",): lambda: (summary.moment_skew,),
        **{(score.name,): partial(percentile, _percent(score)) for score in wanted if _is_percentile(score)},
    }


def _reasons(summary: _Summary, wanted: Sequence[Score]) -> Mapping[str, pl.Expr]:
    """Say why a score of a column of numbers has no value."""
    import polars as pl

    n = pl.lit(pl.Series(summary.n))
    none = pl.when(n == 0).then(pl.lit("no value"))
    few = none.when(n == 1).then(pl.lit("fewer than two values"))
    special = {"Var": few, "Std": few}
    names = [score.name for score in wanted if score.name not in {"Count", "Sum"}]
    if "MomentSkew" in names:
        equal = pl.Series(summary.moment("m2") == 0)
        special["MomentSkew"] = few.when(pl.lit(equal)).then(pl.lit("all values are equal"))
    if "Skew" in names:
        narrow = pl.Series(summary.percentiles[25] == summary.percentiles[75])
        special["Skew"] = none.when(pl.lit(narrow)).then(pl.lit("p25 equals p75"))
    return {name: special.get(name, none) for name in names}


@dataclass(frozen=True)
class Descriptive:
    """One `[metrics.descriptive*]` section, ready to be built and scored."""

    config: MetricConfig
    dimensions: tuple[str, ...]
    columns: tuple[_Text | _Number, ...]

    labels: Labels | None = None
    sums: tuple[Sum, ...] = ()
    always_by: tuple[str, ...] = ()
    row_keys: tuple[str, ...] = (PROPERTY,)
    holistic: tuple[Holistic, ...] = ()

    @property
    def states(self) -> tuple[State, ...]:
        """What is kept of each column; digests only with `use_t_digest`."""
        return tuple(state for state in self._all if self.config.use_t_digest or not isinstance(state, Digest))

    @property
    def exact(self) -> tuple[State, ...]:
        """All values of each column of numbers, without `use_t_digest`."""
        return tuple(state for state in self._all if not self.config.use_t_digest and isinstance(state, Digest))

    @property
    def _all(self) -> tuple[State, ...]:
        compression = self.config.compression if self.config.use_t_digest else None
        return tuple(state for column in self.columns for state in column.states(compression))

    def needs(self, wanted: Collection[str]) -> tuple[State, ...]:
        """What these scores are computed from; all but the digest for none but percentiles and Skew."""
        scores = _wanted(wanted)
        kept: tuple[type, ...] = (Count, Moments)
        if any(score.name in {"Min", "Max"} for score in scores):
            kept = (*kept, Extrema)
        if any(score.stored == _DIGEST for score in scores):
            kept = (*kept, Digest)
        return tuple(state for state in (*self.states, *self.exact) if isinstance(state, kept))

    def evaluate(self, merged: pl.DataFrame, by: Sequence[str], wanted: Collection[str]) -> Evaluation:
        """Compute METRICS.md §6: one row for each group and column."""
        scores = _wanted(wanted)
        return interleaved({column.name: column.evaluate(merged, by, scores) for column in self.columns}, by)

    @property
    def properties(self) -> tuple[str, ...]:
        """The described columns."""
        return tuple(column.name for column in self.columns)

    def only(self, properties: Collection[str]) -> Descriptive:
        """Describe some of the columns."""
        return replace(self, columns=tuple(column for column in self.columns if column.name in properties))

    def binned(self, column: str) -> tuple[State, ...]:
        """The extrema and the digest of a column of numbers."""
        states = self.only([column])._all  # noqa: SLF001  # one of its own kind
        return tuple(state for state in states if isinstance(state, Extrema | Digest))

    def histogram(self, merged: pl.DataFrame, by: Sequence[str], column: str) -> Histogram:
        """Bin the values of a column of numbers; see `HasHistograms.histogram`."""
        from valuekit.metrics.base import Histogram
        from valuekit.stats.edges import round_edges
        from valuekit.stats.quantiles import counts_below

        digest = Centroids.of_column(merged.get_column(f"{column}.digest").to_arrow())
        low, high = (number(merged, f"{column}.extrema_{end}") for end in ("min", "max"))
        keys = merged.select(by)
        if not digest.totals.any():
            return Histogram(keys, np.zeros(1), np.zeros((digest.size, 0), dtype=np.int64))
        whole_numbers = bool(digest.atoms.all() and (digest.means == np.floor(digest.means)).all())
        edges = round_edges(float(np.nanmin(low)), float(np.nanmax(high)), whole=whole_numbers)
        below = counts_below(digest.starts, digest.means, digest.weights, digest.atoms, edges[1:-1])
        ends = np.hstack((np.zeros((digest.size, 1), dtype=np.int64), below, digest.totals[:, None]))
        return Histogram(keys, edges, ends[:, 1:] - ends[:, :-1])


@dataclass(frozen=True)
class DescriptiveFamily:
    """Metrics whose name starts with `descriptive`."""

    name: str = _NAME
    catalogue: Sequence[Score] = _CATALOGUE

    def score(self, name: str) -> Score | None:
        """The score of a name; `pNN` is a percentile."""
        return _score(name)

    def declare(self, config: MetricConfig, global_filters: Sequence[str], types: Callable[[str], str]) -> Descriptive:
        """Turn a config section into a metric.

        Raises:
            ConfigError: two columns to describe differ only in the case of letters, which SQL does not see.
        """
        names = dict.fromkeys(config.columns)
        seen: dict[str, str] = {}
        for name in names:
            other = seen.setdefault(name.casefold(), name)
            if other != name:
                raise ConfigError(f'[metrics.{config.name}] columns: "{other}" and "{name}" are one column to SQL')
        columns = tuple(_column(name, types(name)) for name in names)
        return Descriptive(config, cell_dimensions(config.group_by, global_filters), columns)


def _column(name: str, sql_type: str) -> _Text | _Number:
    """Tell numbers from the rest by their DuckDB type."""
    if not is_number(sql_type):
        return _Text(name, _KINDS.get(sql_type.split(" ", maxsplit=1)[0], f"a {sql_type}"))
    return _Number(name, sql.name(name) if sql_type == "DOUBLE" else f"CAST({sql.name(name)} AS DOUBLE)")


def _wanted(names: Collection[str]) -> list[Score]:
    """Look scores up, in the catalogue's order, then further percentiles in theirs."""
    others = [name for name in names if name not in _BY_NAME]
    found = (_score(name) for name in (*_BY_NAME, *sorted(others, key=lambda name: (len(name), name))) if name in names)
    return [score for score in found if score is not None]


def _is_percentile(score: Score) -> bool:
    return score.stored == _DIGEST and score.name != "Skew"


def _percent(score: Score) -> int:
    return 50 if score.name == "Median" else int(score.name[1:])


def _percents(wanted: Sequence[Score]) -> list[int]:
    """The percentiles that the scores wanted are made of."""
    asked = {_percent(score) for score in wanted if _is_percentile(score)}
    return sorted(asked.union(_QUARTILES) if any(score.name == "Skew" for score in wanted) else asked)
