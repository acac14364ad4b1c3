"""Hand-made reports, one for every mark and some odd ones, with names that would break out of careless markup."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import polars as pl

from valuekit.metrics.base import Kind, Score
from valuekit.metrics.notes import Absence
from valuekit.reports.report import Card, Channel, Column, Document, Mark, Panel, Picture, Provenance, Report

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SCRIPT = "<script>alert(1)</script>"
QUOTES = '"O\'Neil" \\ & `Söhne`'
EMOJI = "Web \U0001f6d2\U0001f469\u200d\U0001f469\u200d\U0001f467"
RIGHT_TO_LEFT = "\u0645\u062a\u062c\u0631 \u202e\u0627\u0644\u0639\u0645\u0644\u0627\u0621"
EXPRESSION = "datum['x'] + ${1} {{y}} #panic()[*b*]"
TERMINAL = "red \x1b[31m bell \x07"
ODD = (SCRIPT, QUOTES, EMOJI, RIGHT_TO_LEFT, EXPRESSION, TERMINAL, None)
"""Values of a dimension."""

CHANNELS = ("Web", "Mobile", QUOTES, SCRIPT, EMOJI, None)


def number(name: str, unit: str, *, interval: tuple[str, str] | None = None) -> Column:
    """A column with numbers that are scores."""
    low, high = interval or (None, None)
    formula = f"{name} as the example has it, {EXPRESSION}"
    return Column(name, "number", unit, low, high, Score(name, Kind.DISTRIBUTIVE, formula, "never", "Positives", unit))


def edge(name: str, unit: str) -> Column:
    """A column with numbers that a picture adds."""
    return Column(name, "number", unit)


def dimension(name: str, unit: str = "text") -> Column:
    """A column with the values of a dimension."""
    return Column(name, "dimension", unit)


def panel(
    rows: Sequence[Mapping[str, object]] | pl.DataFrame,
    columns: Sequence[Column],
    mark: Mark,
    channels: Mapping[Channel, str | tuple[str, ...]],
    *,
    name: str = "",
    title: str = "",
    log_x: bool = False,
    log_y: bool = False,
    diagonal: bool = False,
    notes: tuple[Absence, ...] = (),
) -> Panel:
    """A panel whose key are its dimensions."""
    table = rows if isinstance(rows, pl.DataFrame) else pl.DataFrame(list(rows), infer_schema_length=None)
    table = table.select(column.name for column in columns)
    key = tuple(column.name for column in columns if column.role == "dimension")
    picture = Picture(mark, channels, log_x=log_x, log_y=log_y, diagonal=diagonal)
    return Panel(name, title, table, tuple(columns), picture, notes, key)


def report(name: str, title: str, family: str, *panels: Panel, category: str = "Performance") -> Report:
    """A report of these panels."""
    by = panels[0].key if panels else ()
    return Report(name, title, category, panels[0].picture.mark if panels and panels[0].picture else "generic",
                  f"{family}_example", family, by, panels)  # fmt: skip


def _rate(positives: int, n: int) -> dict[str, object]:
    """A rate with its Wilson interval."""
    if n == 0:
        return {"Count": 0, "Positives": 0, "CTR": None, "CTR_CI_Low": None, "CTR_CI_High": None}
    p, z = positives / n, 1.959963984540054
    middle, half = (p + z * z / (2 * n)), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low, high = (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)
    return {"Count": n, "Positives": positives, "CTR": p, "CTR_CI_Low": max(low, 0.0), "CTR_CI_High": min(high, 1.0)}


RATE = (
    number("Count", "count"),
    number("Positives", "count"),
    number("CTR", "rate", interval=("CTR_CI_Low", "CTR_CI_High")),
    number("CTR_CI_Low", "rate"),
    number("CTR_CI_High", "rate"),
)

NOTES = (Absence("CTR", "there are no offers (n = 0)", 1, ({"Channel": SCRIPT},)),)


def line() -> Report:
    """Sixty days of two channels, one of them with a name full of quotes, in two facets."""
    rows = [
        {"Day": date(2026, 9, 1) + timedelta(days=at), "Channel": channel, "Direction": way,
         **_rate(30 + (at * 7 + len(way)) % 23 + 10 * (channel == "Web"), 1500 + 40 * at)}
        for at in range(60) for way in ("Inbound", "Outbound") for channel in ("Web", QUOTES)
    ]  # fmt: skip
    columns = (dimension("Day", "time"), dimension("Direction"), dimension("Channel"), *RATE)
    channels: dict[Channel, str] = {"x": "Day", "y": "CTR", "color": "Channel", "facet_column": "Direction"}
    return report("line", "CTR by day", "engagement", panel(rows, columns, "line", channels))


def bars() -> Report:
    """Odd names, one group of low n, one without offers."""
    counts = (5200, 3100, 900, 20, 1700, 640, 0)
    rows = [{"Channel": name, **_rate(n // 40, n)} for name, n in zip(ODD, counts, strict=True)]
    rows.sort(key=lambda row: (row["Channel"] is not None, str(row["Channel"])))
    columns = (dimension("Channel"), *RATE)
    return report("bars", f"CTR by channel {SCRIPT}", "engagement",
                  panel(rows, columns, "bars", {"x": "Channel", "y": "CTR"}, notes=NOTES))  # fmt: skip


def grouped_bars() -> Report:
    """Months with a bar for each channel."""
    rows = [
        {"Month": f"2026-{month:02d}", "Channel": channel, **_rate(20 * month + 15 * at, 4000 + 300 * at)}
        for month in range(4, 10)
        for at, channel in enumerate(("Mobile", "Web", EMOJI))
    ]
    columns = (dimension("Month", "time"), dimension("Channel"), *RATE)
    channels: dict[Channel, str] = {"x": "Month", "y": "CTR", "color": "Channel"}
    return report("grouped [bars]", "CTR by month and channel", "engagement", panel(rows, columns, "bars", channels))


def z_bars() -> Report:
    """Experiments with one arm or two besides control; one without a value."""
    scores = {"Loan offer": (3.1, 0.4), QUOTES: (-2.6, None), SCRIPT: (1.2, -0.3), RIGHT_TO_LEFT: (0.1, 2.2)}
    rows = [
        {
            "Experiment": name,
            "experiment_group": arm,
            "Count": 8000,
            "z_score": z,
            "z_p_val": None if z is None else 0.2,
        }
        for name, both in scores.items()
        for arm, z in zip(("Test", "Test <b>"), both, strict=True)
    ]
    columns = (dimension("Experiment"), dimension("experiment_group"), number("Count", "count"),
               number("z_score", "z"), number("z_p_val", "probability"))  # fmt: skip
    channels: dict[Channel, str] = {"x": "z_score", "y": "Experiment", "color": "experiment_group"}
    return report("z bars", "Do the arms differ?", "experiment", panel(rows, columns, "z_bars", channels))


def forest() -> Report:
    """Odds ratios with intervals; one group has none."""
    found = {"Loan offer": (1.42, 1.11, 1.82), EXPRESSION: (0.93, 0.61, 1.42), "Ünlü €": (None, None, None),
             RIGHT_TO_LEFT: (0.31, 0.12, 0.80)}  # fmt: skip
    rows = [
        {"Experiment": name, "experiment_group": "Test", "Count": 4000, "g_odds_ratio_stat": odds,
         "g_odds_ratio_ci_low": low, "g_odds_ratio_ci_high": high}
        for name, (odds, low, high) in found.items()
    ]  # fmt: skip
    ends = ("g_odds_ratio_ci_low", "g_odds_ratio_ci_high")
    odds_ratio = number("g_odds_ratio_stat", "ratio", interval=ends)
    columns = (dimension("Experiment"), dimension("experiment_group"), number("Count", "count"), odds_ratio,
               *(number(end, "ratio") for end in ends))  # fmt: skip
    channels: dict[Channel, str] = {"x": "g_odds_ratio_stat", "y": "Experiment", "color": "experiment_group"}
    return report("forest", "Odds ratios", "experiment", panel(rows, columns, "forest", channels))


def gauge() -> Report:
    """Groups above, below and without a reference."""
    references = (0.015, 0.03, None, 0.02)
    rows = []
    for at, (name, reference) in enumerate(zip(("Web", SCRIPT, "Mobile", None), references, strict=True)):
        rate = _rate(60 + 30 * at, 3000)
        value = rate["CTR"]
        gap = value - reference if isinstance(value, float) and reference is not None else None
        rows.append({"Channel": name, "Direction": "Inbound", **rate, "Reference": reference, "Difference": gap})
    columns = (dimension("Channel"), dimension("Direction"), *RATE, edge("Reference", "rate"),
               edge("Difference", "difference of rate"))  # fmt: skip
    channels: dict[Channel, str | tuple[str, ...]] = {
        "value": "CTR", "path": ("Channel", "Direction"), "reference": "Reference",
    }  # fmt: skip
    return report("gauge", "CTR against its goal", "engagement", panel(rows, columns, "gauge", channels))


def treemap() -> Report:
    """Three levels, sizes from one to thousands."""
    rows = [
        {"Channel": channel, "Issue": issue, "Group": group, **_rate(7 * (a + b + c), (a + 1) * (b + 2) * (c + 1) * 90)}
        for a, channel in enumerate(("Web", QUOTES, EMOJI, None))
        for b, issue in enumerate(("Sales", "Retention", SCRIPT))
        for c, group in enumerate(("Cards", "Loans and mortgages with a long name"))
    ]
    columns = (dimension("Channel"), dimension("Issue"), dimension("Group"), *RATE)
    channels: dict[Channel, str | tuple[str, ...]] = {
        "path": ("Channel", "Issue", "Group"), "size": "Count", "color": "CTR",
    }  # fmt: skip
    return report("treemap", "Offers and CTR", "engagement", panel(rows, columns, "treemap", channels))


def heatmap() -> Report:
    """A grid with blanks: cells that are not there, and one without a value."""
    rows = [
        {"Channel": channel, "Issue": issue, **_rate(5 * (a + 2 * b), 0 if (a, b) == (1, 1) else 1000)}
        for a, channel in enumerate(CHANNELS)
        for b, issue in enumerate(("Sales", "Retention", "Service", RIGHT_TO_LEFT))
        if (a, b) != (2, 2)
    ]
    columns = (dimension("Channel"), dimension("Issue"), *RATE)
    channels: dict[Channel, str] = {"x": "Issue", "y": "Channel", "color": "CTR"}
    return report("heatmap", "Where it works", "engagement", panel(rows, columns, "heatmap", channels))


def scatter() -> Report:
    """Four frames of six groups on a logarithmic axis."""
    rows = [
        {"Month": f"2026-{month:02d}", "Channel": channel,
         **_rate(9 * (at + 1) * month, 300 * (at + 1) ** 2), "Lift": 0.1 * at - 0.2 + 0.02 * month}
        for month in range(6, 10) for at, channel in enumerate(CHANNELS)
    ]  # fmt: skip
    columns = (dimension("Month", "time"), dimension("Channel"), *RATE, number("Lift", "change"))
    channels: dict[Channel, str] = {"x": "Count", "y": "CTR", "size": "Positives", "color": "Channel",
                                    "frame": "Month", "frame_group": "Channel"}  # fmt: skip
    return report("scatter", "Volume and CTR", "engagement", panel(rows, columns, "scatter", channels, log_x=True))


def polar() -> Report:
    """Five directions of three colours."""
    rows = [
        {"Issue": issue, "Channel": channel, **_rate(20 + 9 * a + 14 * b, 2000)}
        for a, issue in enumerate(("Sales", "Retention", "Service", SCRIPT, EMOJI))
        for b, channel in enumerate(("Web", "Mobile", QUOTES))
    ]
    columns = (dimension("Issue"), dimension("Channel"), *RATE)
    channels: dict[Channel, str] = {"r": "CTR", "theta": "Issue", "color": "Channel"}
    return report("polar", "CTR around the clock", "engagement", panel(rows, columns, "polar", channels))


BOX = ("Min", "p25", "Median", "p75", "Max")


def boxplot() -> Report:
    """Five-number summaries; one group has one value, one none."""
    found = {"Web": (0.0, 2.1, 3.4, 7.0, 29.5), QUOTES: (1.0, 1.0, 1.0, 1.0, 1.0), EMOJI: (-4.0, 0.5, 2.0, 3.0, 12.0),
             "Empty": (None,) * 5}  # fmt: skip
    rows = [
        {"Channel": name, "Direction": way, "Property": "Propensity", "Count": 0 if values[0] is None else 400,
         **dict(zip(BOX, values, strict=True))}
        for way in ("Inbound", "Outbound") for name, values in found.items()
    ]  # fmt: skip
    columns = (dimension("Channel"), dimension("Direction"), dimension("Property"), number("Count", "count"),
               *(number(name, "number") for name in BOX))  # fmt: skip
    channels: dict[Channel, str] = {"x": "Channel", "low": "Min", "q1": "p25", "median": "Median", "q3": "p75",
                                    "high": "Max", "facet_column": "Direction"}  # fmt: skip
    return report("boxplot", "Response times", "descriptive", panel(rows, columns, "boxplot", channels))


def histogram() -> Report:
    """Ten bins of two colours."""
    rows = [
        {"Channel": channel, "From": at / 10, "To": (at + 1) / 10,
         "Count": round(900 * math.exp(-((at - 4 - 2 * b) ** 2) / 5))}
        for b, channel in enumerate(("Web", SCRIPT)) for at in range(10)
    ]  # fmt: skip
    columns = (dimension("Channel"), edge("From", "number"), edge("To", "number"), number("Count", "count"))
    channels: dict[Channel, str] = {"x": "From", "x_end": "To", "y": "Count", "color": "Channel"}
    return report("histogram", "Propensity", "descriptive", panel(rows, columns, "histogram", channels))


def funnel() -> Report:
    """Four stages of two channels; the last stage of one is empty."""
    stages = {"Web": (12000, 4100, 900, 120), QUOTES: (5000, 800, 90, 0)}
    rows = [
        {"Channel": channel, "Stage": stage, "Count": counts[at], "Rate": counts[at] / counts[at - 1] if at else None}
        for channel, counts in stages.items()
        for at, stage in enumerate(("Impression", "Clicked", SCRIPT, "Conversion"))
    ]
    columns = (dimension("Channel"), dimension("Stage"), number("Count", "count"), edge("Rate", "rate"))
    channels: dict[Channel, str] = {"x": "Stage", "y": "Count", "value": "Rate", "color": "Channel"}
    return report("funnel", "From impression to conversion", "descriptive", panel(rows, columns, "funnel", channels))


def exposure() -> Report:
    """Twenty customers with up to five purchases."""
    rows = [
        {"Customer": at + 1, "Purchased": date(2025, 1, 1) + timedelta(days=(37 * at * (buy + 1)) % 600),
         "End": date(2026, 9, 30), "Count": 1}
        for at in range(20) for buy in range(1 + at % 5)
    ]  # fmt: skip
    rows.sort(key=lambda row: (row["Customer"], row["Purchased"]))
    columns = (dimension("Customer"), dimension("Purchased", "time"), Column("End", "dimension", "time"),
               number("Count", "count"))  # fmt: skip
    channels: dict[Channel, str] = {"x": "Purchased", "y": "Customer", "x_end": "End"}
    return report("exposure", "Purchases over time", "clv", panel(rows, columns, "exposure", channels),
                  category="Customers")  # fmt: skip


def curve() -> Report:
    """ROC curves of two groups, and a calibration as a second panel."""
    rows = [{"Channel": name, "Property": "Propensity", "x": at / 20, "y": (at / 20) ** power}
            for name, power in (("Web", 0.4), (SCRIPT, 0.7)) for at in range(21)]  # fmt: skip
    columns = (dimension("Channel"), dimension("Property"), edge("x", "rate"), edge("y", "rate"))
    channels: dict[Channel, str] = {"x": "x", "y": "y", "color": "Channel"}
    bins = [{"Channel": "Web", "x": at / 10, "y": min(1.0, at / 9), "n": 100} for at in range(1, 10)]
    first = panel(rows, columns, "curve", channels, name="roc", title="ROC", diagonal=True)
    second = panel(bins, (dimension("Channel"), edge("x", "rate"), edge("y", "rate"), edge("n", "count")), "curve",
                   channels, name="calibration", title="Calibration", diagonal=True)  # fmt: skip
    return report("curve", "How well scores rank", "model_ml_scores", first, second)


def empty() -> Report:
    """No row at all."""
    table = pl.DataFrame(schema={"Channel": pl.String, "Count": pl.Int64, "Positives": pl.Int64, "CTR": pl.Float64,
                                 "CTR_CI_Low": pl.Float64, "CTR_CI_High": pl.Float64})  # fmt: skip
    columns = (dimension("Channel"), *RATE)
    return report("empty", "Nothing to see", "engagement",
                  panel(table, columns, "bars", {"x": "Channel", "y": "CTR"}))  # fmt: skip


def one_row() -> Report:
    """One row, under names that look like paths into an object, and like markup."""
    name, score = "Channel.name['x'] \"y\"", "CTR <b>%</b>"
    columns = (dimension(name), number("Count", "count"), number(score, "rate"))
    rows = [{name: SCRIPT, "Count": 1200, score: 0.0142}]
    return report("../one <row>", "One row", "engagement", panel(rows, columns, "bars", {"x": name, "y": score}))


def failed() -> Report:
    """A report that could not be made."""
    return Report("failed", f"Not there {SCRIPT}", "", "line", "gone", "engagement",
                  failure=f"metric gone has no score {SCRIPT}")  # fmt: skip


def reports() -> tuple[Report, ...]:
    """One report for every mark, then the odd ones."""
    makers = (line, bars, grouped_bars, z_bars, forest, gauge, treemap, heatmap, scatter, polar, boxplot, histogram,
              funnel, exposure, curve, empty, one_row, failed)  # fmt: skip
    return tuple(maker() for maker in makers)


def document() -> Document:
    """All of it, with key numbers that rise, fall, and are undefined."""
    days = [date(2026, 9, 1) + timedelta(days=at) for at in range(30)]
    trend = tuple((day, None if at == 7 else 0.014 + 0.001 * math.sin(at / 4)) for at, day in enumerate(days))
    lift = Card("engagement_example", "engagement", "Lift", "change", 0.123, low=-0.02, high=0.29, count=182_340)
    p_value = Card("engagement_example", "engagement", "Lift_P_Val", "probability", 0.00003, count=182_340)
    cards = (
        Card("engagement_example", "engagement", "CTR", "rate", 0.01423, 182_340, low=0.0137, high=0.0148, trend=trend,
             beside=(lift, p_value)),
        Card("conversion_example", "conversion", "Revenue", "money", 1_234_567.5, 4_321,
             trend=tuple((day, 1000.0 * at) for at, day in enumerate(days))),
        Card("model_example", "model_ml_scores", "roc_auc", "ratio", None, 0, property=SCRIPT, reason="one class only"),
        Card("clv_example", "clv", "Count", "count", 20_481, 20_481),
    )  # fmt: skip
    provenance = Provenance(f"config {SCRIPT}.toml", "3f2a9c0d1e4b5a69", "0.1.0", date(2026, 4, 1), date(2026, 9, 30),
                            12, 1_234_567, 89, 4, datetime(2026, 10, 1, 4, 5, 6, tzinfo=UTC))  # fmt: skip
    return Document(f"Example bank {SCRIPT}", cards, reports(), provenance, (f"2 files were set aside {EMOJI}",))
