"""Findings as other programs read them: one module a format.

Owns which formats there are. Never checks a config, opens no file and no stream, and loads nothing heavy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from valuekit.validate.formats.outcome import Outcome

FORMATS = ("text", "json", "github", "sarif", "junit")
"""The names of the formats; each has a module of its own, which is loaded when it is needed."""

_MODULES = {"json": "document"}


def laid_out(name: str, outcome: Outcome) -> str:
    """Write a whole document in one of the formats."""
    module = import_module(f"{__name__}.{_MODULES.get(name, name)}")
    return str(getattr(module, f"as_{name}")(outcome))
