"""Pictures of panels as Vega-Lite or Vega specifications: plain dicts, the same in a page, in SVG and in print.

Owns what each mark looks like. Never computes a number and never renders: a page and `reports.pictures` do.

A specification reads one dataset named `table`; `dataset.rows` says what is in a row, and `dataset.fields` which field
holds which column. A page may replace the rows. No text of the data is part of an expression, a format or markup: it is
in rows, in scale domains and in titles, which Vega writes as text. Expressions are of the kind that Vega's interpreter
runs without making functions from text.
"""

from valuekit.reports.charts.dataset import fields, rows
from valuekit.reports.charts.drawn import describe, engine_of, frames, spec

__all__ = ["describe", "engine_of", "fields", "frames", "rows", "spec"]
