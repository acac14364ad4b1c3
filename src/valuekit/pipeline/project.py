"""The Python API: a config, opened.

Owns the few calls that a notebook needs. Everything it does, the command line does too.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from valuekit.errors import LockedError
from valuekit.pipeline.workspace import Workspace

if TYPE_CHECKING:
    import polars as pl

    from valuekit.pipeline.results import IngestReport
    from valuekit.reports.report import Document, Report


class Project:
    """A config and everything computed from it. Get one from `valuekit.open`."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    @property
    def metrics(self) -> tuple[str, ...]:
        """The names of the metrics that can be computed."""
        return tuple(self.workspace.config.metrics)

    def ingest(self, *paths: str | os.PathLike[str]) -> IngestReport:
        """Land new and changed files and bring the states up to date.

        Args:
            paths: files or folders instead of those of the config.

        Raises:
            LockedError: another run holds the cache.
            DataError: no file could be read, or a landed file is needed again and gone.
        """
        return self.workspace.ingest([Path(path) for path in paths])

    def compute(
        self,
        metric: str,
        *,
        by: str | Sequence[str] = (),
        where: str | None = None,
        scores: str | Sequence[str] | None = None,
        ingest: bool | None = None,
    ) -> pl.DataFrame:
        """Compute one metric. What makes its numbers odd, such as a label that never occurs, is a `UserWarning`.

        Args:
            metric: its name in the config.
            by: the dimensions of the grain, as a list or separated by commas; none for the total.
            where: an expression over dimensions, for example `"Channel = 'Web'"`.
            scores: the scores to give; None for those that the config lists.
            ingest: land new files first. None does so unless another run holds the cache.

        Returns:
            One row a group: the dimensions, `Count`, then the scores; null where a score has no value.

        Raises:
            UsageError: an unknown metric, dimension or score, or an expression that does not fit.
            DataError: the data cannot be read, or nothing has been published.
        """
        self._land(ingest)
        wanted = None if scores is None else _listed(scores)
        computed = self.workspace.compute([metric], by=_listed(by), where=where, scores=wanted)
        for said in computed.warnings:
            warnings.warn(said, UserWarning, stacklevel=2)
        return computed.results[0].rows

    def curves(
        self, metric: str, *, by: str | Sequence[str] = (), where: str | None = None, ingest: bool | None = None
    ) -> pl.DataFrame:
        """Give the ROC, precision-recall, gain, lift and calibration curves of a metric of model scores.

        Args:
            metric: its name in the config.
            by: the dimensions of the grain, as a list or separated by commas; none for the total.
            where: an expression over dimensions.
            ingest: as for `compute`.

        Returns:
            One row a point, in order: the dimensions, `Property`, `kind` (`roc`, `precision_recall`, `gain`, `lift` or
            `calibration`), `x`, `y`, and `n`, the offers of a bin of `calibration`. An undefined curve has no points.

        Raises:
            UsageError: an unknown metric or dimension, or an expression that does not fit.
            DataError: the data cannot be read, or nothing has been published.
        """
        import polars as pl

        from valuekit.pipeline.asking import Question

        self._land(ingest)
        question = Question(by=tuple(_listed(by)), where=where, scores=("Count",), curves=True)
        (result,) = self.workspace.answer([metric], question).results
        schema = {"Property": pl.String, "kind": pl.String, "x": pl.Float64, "y": pl.Float64, "n": pl.Int64}
        dimensions = result.rows.select(question.by).schema
        curves = [
            pl.DataFrame({"x": curve.x, "y": curve.y, "n": curve.n or [None] * len(curve.x)}, schema_overrides=schema)
            .with_columns(
                *(pl.lit(value, dtype=dimensions[name]).alias(name) for name, value in curve.group.items()),
                pl.lit(curve.property).alias("Property"),
                pl.lit(curve.kind).alias("kind"),
            )
            .select(*question.by, *schema)
            for curve in result.curves
        ]
        return pl.concat([pl.DataFrame(schema={**dimensions, **schema}), *curves])

    def segments(self, metric: str = "clv", *, where: str | None = None, ingest: bool | None = None) -> pl.DataFrame:
        """List every customer with recency, frequency, value, quartiles and segment: `valuekit clv segments`.

        Args:
            metric: the name of a clv metric.
            where: only customers with a purchase that meets an expression over dimensions.
            ingest: as for `compute`.

        Returns:
            One row a customer, sorted by `CustomerID`.

        Raises:
            UsageError: an unknown metric, or an expression that does not fit.
            DataError: the data cannot be read, or nothing has been published.
        """
        from valuekit.pipeline import clv
        from valuekit.pipeline.asking import Question

        self._land(ingest)
        with self.workspace.desk(metric) as desk:
            return clv.segments(desk, Question(where=where)).rows

    def predict(
        self,
        metric: str = "clv",
        *,
        by: str | Sequence[str] = (),
        where: str | None = None,
        horizon_months: int = 12,
        model: Literal["bg_nbd", "pareto_nbd"] = "bg_nbd",
        ingest: bool | None = None,
    ) -> pl.DataFrame:
        """Predict purchases and their discounted value: `valuekit clv predict`. A model that does not fit is a warning.

        Args:
            metric: the name of a clv metric.
            by: dimensions, or `rfm_segment`: a row a group, with 95 % intervals; none for a row a customer.
            where: only purchases, or customers with one, that meet an expression over dimensions.
            horizon_months: how far, in months of 30 days.
            model: of how often customers buy.
            ingest: as for `compute`.

        Raises:
            UsageError: an unknown metric or dimension, or an expression that does not fit.
            DataError: the data cannot be read, or nothing has been published.
        """
        from valuekit.metrics.predictions import Outlook
        from valuekit.pipeline import clv
        from valuekit.pipeline.asking import Question

        self._land(ingest)
        with self.workspace.desk(metric, Outlook(horizon_months, model=model)) as desk:
            question = Question(tuple(_listed(by)) if by else (), where)
            result = clv.predict(desk, question) if by else clv.predict_customers(desk, question)
        for said in dict.fromkeys((*result.warnings, *(note.reason for note in result.notes))):
            warnings.warn(said, UserWarning, stacklevel=2)
        return result.rows

    def report(self, name: str, *, ingest: bool | None = None) -> Report:
        """Make one configured report: its tables, and what is drawn of them.

        Args:
            name: of its section in the config.
            ingest: as for `compute`.

        Raises:
            UsageError: there is no such report.
            DataError: the data cannot be read, or nothing has been published, or the report cannot be made.
        """
        from valuekit.errors import DataError
        from valuekit.pipeline.reporting import make

        self._land(ingest, "report")
        (report,) = make(self.workspace, names=[name], cards=False).reports
        if report.failure is not None:
            raise DataError(f"report {name}: {report.failure}")
        for said in report.warnings:
            warnings.warn(said, UserWarning, stacklevel=2)
        return report

    def document(
        self, *, names: Sequence[str] | None = None, tag: str | None = None, ingest: bool | None = None
    ) -> Document:
        """Make all configured reports, with the key numbers and where the numbers come from.

        Args:
            names: the reports wanted; None for all.
            tag: only reports of this category.
            ingest: as for `compute`.

        Returns:
            The document; a report that cannot be made says why in `failure`.

        Raises:
            UsageError: there is no such report or category.
            DataError: the data cannot be read, or nothing has been published.
        """
        from valuekit.pipeline.reporting import make

        self._land(ingest, "report")
        return make(self.workspace, names=names, tag=tag)

    def _land(self, ingest: bool | None, verb: str = "compute") -> None:  # noqa: FBT001  # as its callers have it
        """Land new files first; unless told to, only where no other run holds the cache."""
        if ingest is False:
            return
        try:
            self.workspace.ingest(verb=verb)
        except LockedError:
            if ingest:
                raise


def _listed(names: str | Sequence[str]) -> list[str]:
    return [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)


def open_project(config: str | os.PathLike[str], *, cache: str | os.PathLike[str] | None = None) -> Project:
    """Open a config.

    Args:
        config: the TOML file.
        cache: where caches are, instead of where the config says.

    Raises:
        ConfigError: the config is missing or has errors; the message lists them all.
    """
    from valuekit.config.load import load

    return Project(Workspace(load(Path(config)), Path(cache) if cache is not None else None))
