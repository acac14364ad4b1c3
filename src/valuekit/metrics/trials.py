"""One experiment in one group is a trial: its arms side by side, which of them is control, and which lacks what.

Owns who is compared with whom, and the words for what is missing. Never computes a score.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from valuekit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from valuekit.config.models import MetricConfig

IS_CONTROL = "this is the control arm"
"""Why the control arm is not compared with itself."""

_CONTROL = "control"


@dataclass(frozen=True)
class Design:
    """Which columns make an offer part of an experiment, and which arm the others are compared with.

    Attributes:
        name: the column that names the experiment.
        group: the column that names the arm.
        control: the label of the control arm; None: in each experiment the arm named Control, in any case (the first of
            several), else the alphabetically first one.
    """

    name: str
    group: str
    control: str | None

    @classmethod
    def of(cls, config: MetricConfig) -> Design:
        """Take the design from a config section.

        Raises:
            ConfigError: one column would name both the experiment and its arms.
        """
        if config.experiment_name.casefold() == config.experiment_group.casefold():
            raise ConfigError(
                f'[metrics.{config.name}] "{config.experiment_name}" is both experiment_name and experiment_group; '
                "name the column of the experiment in one and the column of its arms in the other"
            )
        return cls(config.experiment_name, config.experiment_group, config.control_group)

    def trials(self, rows: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
        """Put every row beside its trial and its control arm.

        Args:
            rows: one row for each group, experiment and arm, with `Positives` and `Negatives`.
            by: the dimensions of a group.

        Returns:
            Row by row: `trial` (the number of its first row), `experiment`, `arm`, `control` (labels), `in_arm`,
            `is_control`, `Positives`, `Negatives`, `Count`, and with the suffix `_Control` those of the control arm in
            the trial; `Positives_Trial` and `Negatives_Trial` of all its arms; `arms` (how many have offers) and `only`
            (the first that has).
        """
        import polars as pl

        group = {f"key {number}": name for number, name in enumerate((*by, self.name)) if name != self.group}
        arm, has_offers = pl.col("arm"), pl.col("in_arm") & (pl.col("Count") > 0)
        return (
            rows.select(
                pl.int_range(pl.len()).alias("row"),
                *(pl.col(name).alias(key) for key, name in group.items()),
                _label(self.name).alias("experiment"),
                _label(self.group).alias("arm"),
                pl.col("Positives", "Negatives").fill_null(0).cast(pl.Int64),
            )
            .with_columns(
                pl.col("row").min().over(list(group)).alias("trial"),
                (pl.col("Positives") + pl.col("Negatives")).alias("Count"),
                (pl.col("experiment").is_not_null() & arm.is_not_null()).alias("in_arm"),
                self._control_arm().alias("control"),
            )
            .with_columns((pl.col("in_arm") & (arm == pl.col("control"))).fill_null(value=False).alias("is_control"))
            .with_columns(
                pl.col("Positives", "Negatives", "Count")
                .filter("is_control")
                .sum()
                .over("trial")
                .name.suffix("_Control"),
                pl.col("Positives", "Negatives").filter("in_arm").sum().over("trial").name.suffix("_Trial"),
                has_offers.sum().over("trial").alias("arms"),
                arm.filter(has_offers).first().over("trial").alias("only"),
            )
        )

    def _control_arm(self) -> pl.Expr:
        """The label of each experiment's control arm, the same in all its trials; null where there is no experiment."""
        import polars as pl

        if self.control is not None:
            return pl.lit(self.control)
        arm = pl.col("arm")
        named = arm.filter(arm.str.to_lowercase() == _CONTROL).min().over("experiment")
        return pl.when(pl.col("experiment").is_not_null()).then(pl.coalesce(named, arm.min().over("experiment")))

    def no_test(self) -> pl.Expr:
        """Why a test of the whole trial has no value: over the columns of `trials` a text, null where it has one."""
        import polars as pl

        return pl.coalesce(
            self._in_no_arm(),
            pl.when(pl.col("arms") == 0).then(pl.lit("no offers in any arm")),
            pl.when(pl.col("arms") == 1).then(pl.format("no offers in any arm but {}", "only")),
            pl.when(pl.col("Positives_Trial") == 0).then(pl.lit("no positive in any arm")),
            pl.when(pl.col("Negatives_Trial") == 0).then(pl.lit("no negative in any arm")),
        )

    def no_pair(self) -> pl.Expr:
        """Why an arm cannot be compared with control, whatever its outcomes: as `no_test`."""
        import polars as pl

        return pl.coalesce(
            self._in_no_arm(), pl.when("is_control").then(pl.lit(IS_CONTROL)), lacking("no offers", "Count")
        )

    def _in_no_arm(self) -> pl.Expr:
        import polars as pl

        nameless, armless = pl.col("experiment").is_null(), pl.col("arm").is_null()
        return (
            pl.when(nameless & armless)
            .then(pl.lit(f"in no arm: no {self.name} and no {self.group}"))
            .when(nameless)
            .then(pl.lit(f"in no arm: no {self.name}"))
            .when(armless)
            .then(pl.lit(f"in no arm: no {self.group}"))
        )


def lacking(what: str, count: str) -> pl.Expr:
    """Say which of the two, an arm or its control, lacks something: over the columns of `trials`, null where neither.

    Args:
        what: the thing lacked, as in "no offers".
        count: the count that is 0 where it is lacking.
    """
    import polars as pl

    return pl.coalesce(
        lacking_both(what, count),
        pl.when(pl.col(count) == 0).then(pl.format(f"{what} in arm {{}}", "arm")),
        lacking_control(what, count),
    )


def lacking_both(what: str, count: str) -> pl.Expr:
    """Say that an arm and its control both lack something: as `lacking`."""
    import polars as pl

    both = (pl.col(count) == 0) & (pl.col(f"{count}_Control") == 0)
    return pl.when(both).then(pl.format(f"{what} in arms {{}} and {{}}", "arm", "control"))


def lacking_control(what: str, count: str) -> pl.Expr:
    """Say that the control arm lacks something: as `lacking`."""
    import polars as pl

    return pl.when(pl.col(f"{count}_Control") == 0).then(pl.format(f"{what} in arm {{}}", "control"))


def _label(column: str) -> pl.Expr:
    """A label as text; an empty one is missing."""
    import polars as pl

    text = pl.col(column).cast(pl.String)
    return pl.when(text != "").then(text)
