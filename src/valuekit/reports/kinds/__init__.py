"""Kinds of reports: what each type needs of a config, asks of the data, and shows.

Owns the way from a configured report to its panels. Never reads data: `Answers` is implemented above this room.
"""

from __future__ import annotations

from valuekit.reports.kinds.registry import kind_of
from valuekit.reports.kinds.subject import Answered, Answers, Ask, Bought, Drawn, Groups, Kind, Subject

__all__ = ["Answered", "Answers", "Ask", "Bought", "Drawn", "Groups", "Kind", "Subject", "kind_of"]
