"""Checks of a config that need to know the metrics: what `valuekit validate` reports.

Owns the order of these checks, and which of them an error of shape makes pointless. Never reads data, and never repeats
a check of the config room.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from valuekit.config.load import Checked


def validate(path: Path | None, text: str | bytes | None = None) -> Checked:
    """Find every problem of a config at once.

    What is in order of a config with errors is checked as well, so that nothing has to be put right before the next
    problem is seen; `config` is None then.

    Args:
        path: the file.
        text: what is in it, where it need not be read.
    """
    from valuekit.config.load import check
    from valuekit.validate.ignoring import obeyed

    checked = check(path, text)
    if checked.known is None:
        return obeyed(checked)
    inspect(checked)
    return obeyed(settled(checked))


def inspect(checked: Checked) -> None:
    """Attach the findings of every check of this room to a config of which something is known."""
    from valuekit.validate.binding import check_expressions, check_metric_tables
    from valuekit.validate.columns import check_columns
    from valuekit.validate.filters import check_filters
    from valuekit.validate.places import check_places
    from valuekit.validate.suspects import check_metrics

    config, root = checked.known, checked.root
    if config is None:
        return
    check_columns(config, root)
    check_filters(config, root)
    check_metrics(config, root)
    check_places(config, root)
    broken = frozenset(finding.path for finding in checked.errors if finding.path is not None)
    check_expressions(config, root, broken)
    check_metric_tables(config, root, broken)
    if config.reports:
        from valuekit.validate.reports import check_reports
        from valuekit.validate.statistics import check_statistics

        check_reports(config, root)
        check_statistics(config, root, broken)


def settled(checked: Checked) -> Checked:
    """Take in the findings that were attached since; an error among them stops a run."""
    findings = checked.root.collector.in_order()
    stops = any(finding.severity == "error" for finding in findings)
    return replace(checked, config=None if stops else checked.config, findings=findings)
