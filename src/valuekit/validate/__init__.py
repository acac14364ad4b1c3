"""Checks of a config that need to know the metrics: what `valuekit validate` reports.

Owns the findings that no single section can show. Never reads data, and never repeats a check of the config room.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from valuekit.config.load import Checked


def validate(path: Path | None, text: str | None = None) -> Checked:
    """Find every problem of a config at once.

    Metrics are declared only where the config has no error of shape: `config` is None then, as it is where a metric
    cannot be declared.

    Args:
        path: the file.
        text: what is in it, where it need not be read.
    """
    from valuekit.config.derive import report_misfit
    from valuekit.config.load import check
    from valuekit.errors import ConfigError
    from valuekit.metrics.dimensions import purchase_dimensions
    from valuekit.metrics.registry import FAMILIES, declare, declare_customers
    from valuekit.validate.fitting import column_types, misfits

    checked = check(path, text)
    if checked.config is None:
        return checked
    unfit = list(misfits(checked.config))
    source = checked.config.ih
    types = column_types(source) if source and all(misfit.name is None for misfit in unfit) else None
    for metric in checked.config.metrics.values():
        place = checked.root / "metrics" / metric.name
        of_offers = metric.family in FAMILIES
        if of_offers and types is None:
            continue
        try:
            if of_offers and types is not None:
                declare(metric, checked.config.global_filters, types)
            elif not of_offers:
                declare_customers(metric, purchase_dimensions(metric, checked.config.global_filters))
        except ConfigError as error:
            (place / "group_by").report("VK415", str(error))
    for misfit in unfit:
        place = checked.root
        for part in misfit.path:
            place /= part
        report_misfit(misfit.error, place, misfit.name)
    findings = checked.root.collector.in_order()
    stops = any(finding.severity == "error" for finding in findings)
    return replace(checked, config=None if stops else checked.config, findings=findings)
