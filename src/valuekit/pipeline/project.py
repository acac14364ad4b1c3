"""The Python API: a config, opened.

Owns the few calls that a notebook needs. Everything it does, the command line does too.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from valuekit.errors import LockedError
from valuekit.pipeline.workspace import Workspace

if TYPE_CHECKING:
    import polars as pl

    from valuekit.pipeline.results import IngestReport


class Project:
    """A config and everything computed from it. Get one from `valuekit.open`."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    @property
    def metrics(self) -> tuple[str, ...]:
        """The names of the metrics that can be computed."""
        return tuple(self.workspace.plans.metrics)

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
        if ingest is not False:
            try:
                self.workspace.ingest(verb="compute")
            except LockedError:
                if ingest:
                    raise
        wanted = None if scores is None else _listed(scores)
        computed = self.workspace.compute([metric], by=_listed(by), where=where, scores=wanted)
        for said in computed.warnings:
            warnings.warn(said, UserWarning, stacklevel=2)
        return computed.results[0].rows


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
