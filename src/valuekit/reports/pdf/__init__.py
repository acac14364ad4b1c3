"""A document for print: cover, key numbers, then every report with its picture, table, formulas and reasons.

Owns the layout (`layout.typ`) and what goes into it. Text from data reaches it as JSON only, never as markup, and
nothing is requested. Never computes a number.
"""

from valuekit.reports.pdf.rendering import render

__all__ = ["render"]
