"""Test against control: which offers belong to which arm, what is counted for each, and which arm lacks what.

Owns the two arms of a metric that compares rates. Never computes a score.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from valuekit import sql
from valuekit.states.counts import Count

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

    from valuekit.config.models import MetricConfig


@dataclass(frozen=True)
class Arms:
    """The labels that put an offer into an arm; an offer with another label, or none, is in no arm.

    Attributes:
        column: the column that holds the label.
        test: the label of the test arm.
        control: the label of the control arm.
    """

    column: str
    test: str
    control: str

    @classmethod
    def of(cls, config: MetricConfig) -> Arms:
        """Take the arms from a config section."""
        return cls(config.arm_column, config.test, config.control)

    @property
    def conditions(self) -> Mapping[str, str]:
        """For Test and Control the SQL that tells whether an offer is in that arm."""
        label = f"CAST({sql.name(self.column)} AS VARCHAR)"
        return {"Test": f"{label} = {sql.literal(self.test)}", "Control": f"{label} = {sql.literal(self.control)}"}

    @property
    def states(self) -> tuple[Count, ...]:
        """Positives and negatives of each arm."""
        return tuple(
            Count(f"{outcome}_{arm}", f"{condition} AND {member}", frozenset({self.column}))
            for arm, member in self.conditions.items()
            for outcome, condition in (("Positives", "_positive"), ("Negatives", "NOT _positive"))
        )

    def lacking(self, what: str, *, test: pl.Expr, control: pl.Expr) -> pl.Expr:
        """Say which arm lacks something, as a text expression; null where neither does.

        Args:
            what: the thing lacked, as in "no offers".
            test: whether the test arm lacks it.
            control: whether the control arm lacks it.
        """
        import polars as pl

        return (
            pl.when(test & control)
            .then(pl.lit(f"{what} in arms {self.test} and {self.control}"))
            .when(test)
            .then(pl.lit(f"{what} in arm {self.test}"))
            .when(control)
            .then(pl.lit(f"{what} in arm {self.control}"))
        )
