"""The dashboard: one HTML file that opens offline, with every number, chart and script inside it.

Owns the page: its elements, its looks and its script. Never computes a number: those of the document are laid out, and
under a filter the script of `valuekit.reports.page.engine` merges embedded states. Nothing is requested.
"""

from __future__ import annotations

from valuekit.reports.page.assembly import Sheet, laid_out, render

__all__ = ["Sheet", "laid_out", "render"]
