"""Reports for the metrics that are proposed.

Owns which picture suits which metric and dimensions. Never reads a row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from valuekit.config.proposal import Entry, Section, Value

FEW = 12
"""Values of a dimension that a picture can tell apart by colour, or give a gauge each."""


def report(name: str, metric: str, kind: str, title: str, by: Sequence[str], **roles: Value) -> Section:
    """One report."""
    fields: dict[str, Value] = {"metric": metric, "type": kind, "description": title, "group_by": tuple(by)}
    return Section(("reports", name), tuple(Entry(key, value) for key, value in (fields | roles).items()))


def of_rate(
    metric: str, score: str, title: str, *, tag: str, many: Sequence[str], few: Sequence[str]
) -> Iterator[Section]:
    """Pictures of a rate.

    Args:
        metric: its name.
        score: the rate.
        title: what it is called.
        tag: the category.
        many: dimensions, outermost first.
        few: those of them with few values.
    """
    color = few[:1]
    yield report(
        f"{metric}_by_day",
        metric,
        "line",
        f"[{tag}] {title} by day",
        ("Day", *color),
        x="Day",
        y=score,
        **_color(color),
    )
    if few:
        yield report(f"{metric}_gauge", metric, "gauge", f"[{tag}] {title} now", few[:2], value=score)
    if many:
        yield report(f"{metric}_treemap", metric, "treemap", f"[{tag}] {title} and volume", many[:3], color=score)
    rows = [name for name in many if name not in few[:1]]
    if few and rows:
        yield report(
            f"{metric}_heatmap", metric, "heatmap", f"[{tag}] {title} by {few[0]} and {rows[0]}", (few[0], rows[0]),
            x=few[0], y=rows[0], color=score,
        )  # fmt: skip


def of_lift(metric: str, few: Sequence[str]) -> Iterator[Section]:
    """Pictures of two arms compared."""
    yield report(f"{metric}_lift", metric, "line", "[ENG] Lift of the test arm by day", ("Day",), x="Day", y="Lift")
    if few:
        yield report(
            f"{metric}_lift_and_volume", metric, "scatter", f"[ENG] Lift and volume by {few[0]}", ("Week", few[0]),
            x="Count", y="Lift", size="CTR", color=few[0], animation_frame="Week", animation_group=few[0], log_x=True,
        )  # fmt: skip


def of_models(metric: str, few: Sequence[str], many: Sequence[str]) -> Iterator[Section]:
    """Pictures of how well models rank, and how varied the offers are."""
    color = ("PropensitySource",) if "PropensitySource" in few else few[:1]
    yield report(
        f"{metric}_auc", metric, "line", "[ML] ROC AUC by day", ("Day", *color), x="Day", y="roc_auc", **_color(color)
    )
    pair = few[:2]
    if len(pair) == 2:
        yield report(
            f"{metric}_precision", metric, "heatmap", "[ML] Average precision", pair,
            x=pair[0], y=pair[1], color="average_precision",
        )  # fmt: skip
    if many:
        yield report(f"{metric}_variety", metric, "treemap", "[ML] Personalization", many[:2], color="personalization")


def of_experiments(metric: str, name: str) -> Iterator[Section]:
    """Pictures of arms against control."""
    yield report(
        f"{metric}_z", metric, "line", "[EXP] z-scores of the arms against control", (name,), x="z_score", y=name
    )
    yield report(
        f"{metric}_odds", metric, "line", "[EXP] Odds ratios of the arms against control", (name,),
        x="g_odds_ratio_stat", y=name,
    )  # fmt: skip


def of_values(metric: str, columns: Sequence[str], few: Sequence[str], steps: Sequence[str]) -> Iterator[Section]:
    """Pictures of distributions, and of what became of offers.

    Args:
        metric: its name.
        columns: the columns of numbers that it describes.
        few: dimensions with few values.
        steps: outcomes in the order of a funnel.
    """
    color = few[:1]
    for column in columns[:1]:
        yield report(
            f"{metric}_mean", metric, "line", f"[DESC] Mean {column} by day", ("Day", *color),
            x="Day", y=column, score="Mean", **_color(color),
        )  # fmt: skip
        yield report(
            f"{metric}_box", metric, "boxplot", f"[DESC] Quartiles of {column} by outcome", ("Outcome",),
            x="Outcome", y=column,
        )  # fmt: skip
        yield report(
            f"{metric}_histogram", metric, "histogram", f"[DESC] Distribution of {column}", tuple(color),
            x=column, **({"facet_column": color[0]} if color else {}),
        )  # fmt: skip
    if color and len(steps) > 1:
        yield report(
            f"{metric}_funnel", metric, "funnel", "[DESC] From offer to answer", tuple(color),
            x="Outcome", stages=tuple(steps), **_color(color),
        )  # fmt: skip


def of_customers(metric: str, few: Sequence[str]) -> Iterator[Section]:
    """Pictures of what customers are worth."""
    color = few[:1]
    yield report(f"{metric}_segments", metric, "treemap", "[CLV] Customers by segment", tuple(color))
    yield report(
        f"{metric}_frequency", metric, "histogram", "[CLV] Repeat purchases of customers", tuple(color),
        x="frequency", **_color(color),
    )  # fmt: skip
    yield report(f"{metric}_exposure", metric, "exposure", "[CLV] Purchases of some customers over time", ())
    yield report(
        f"{metric}_corr", metric, "corr", "[CLV] Is value tied to frequency?", (), x="frequency", y="monetary_value"
    )
    yield report(f"{metric}_model", metric, "model", "[CLV] Expected purchases and value", ())
    yield report(f"{metric}_density", metric, "rfm_density", "[CLV] Recency, frequency and value", ())


def _color(names: Sequence[str]) -> dict[str, Value]:
    return {"color": names[0]} if names else {}
