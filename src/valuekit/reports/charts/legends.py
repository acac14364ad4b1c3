"""What Vega pictures have in common: texts, and legends of colours.

Owns these pieces of a Vega specification, and nothing that they stand beside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.reports.charts import style

if TYPE_CHECKING:
    from valuekit.reports.charts.shapes import Drawing, Spec


def text(data: str, update: Spec) -> Spec:
    """A text for each row of a dataset."""
    return {"type": "text", "aria": False, "interactive": False, "from": {"data": data}, "encode": {"update": update}}


def coloured(d: Drawing, labels: list[str]) -> Spec:
    """The legend of the colours of a dimension."""
    look = style.legend(d, labels, "square") or {}
    return {**look, "fill": "color"}
