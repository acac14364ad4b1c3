"""Configured reports become one document: tables, pictures, key numbers, and where they come from.

Owns what is asked of the published states for them, each table once. Never lays anything out.
"""

from __future__ import annotations

from valuekit.pipeline.reporting.making import make

__all__ = ["make"]
