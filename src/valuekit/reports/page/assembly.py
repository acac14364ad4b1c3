"""Puts the page together from its skeleton, looks, scripts and numbers, and allows nothing else to run.

Owns the Content-Security-Policy: every script and style is named by its hash, everything else is forbidden. Never lets
text of a document become markup: it stands in a block of JSON in which no tag can end or begin.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from valuekit.reports.page import engine
from valuekit.reports.page.colors import color_rules
from valuekit.reports.page.library import kept_library
from valuekit.reports.page.packing import packed_text
from valuekit.reports.page.payload import payload

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from valuekit.reports.embedding import Embedded
    from valuekit.reports.report import Document

_LOOKS = ("base", "frame", "cards", "reports", "table", "narrow", "print")
_PARTS = (
    *("dom", "rounding", "plain", "numbers", "tables", "low_counts", "csv", "cells", "grid", "sparkline", "hint"),
    *("library", "reach", "fitting", "chart", "cards", "filters", "shelf", "panel", "report", "theme", "head", "main"),
)
"""The parts of the page's own script, each after those whose values it uses while it loads."""

LEAST_LIMIT, MOST_LIMIT, EACH = 2_000_000, 5_000_000, 100_000
"""A page has at most so many characters: the least for a few reports, more for many, and never more than the most."""

_LEAST_ROOM = 100_000
_MARKS = re.compile(r"\{\{(\w+)\}\}")
_UNSAFE = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026"}


@dataclass(frozen=True)
class Sheet:
    """A page that lacks only what its filters merge.

    Attributes:
        before: the text before it.
        after: the text after it.
        room: about how many characters it may take.
    """

    before: str
    after: str
    room: int

    def page(self, embedded: Embedded) -> str:
        """The whole page."""
        return f"{self.before}{embedded.text}{self.after}"


def render(document: Document, embedded: Embedded) -> str:
    """Lay out a document as one HTML file; equal inputs give equal text.

    Args:
        document: the reports and key numbers.
        embedded: what the filters of the page merge; may be empty.
    """
    return laid_out(document).page(embedded)


def laid_out(document: Document, keep: Path | None = None) -> Sheet:
    """Lay out all of a page but what its filters merge, and say how much room there is for that.

    Args:
        document: the reports and key numbers.
        keep: a folder where the chart library is kept from run to run; it takes two seconds to make.
    """
    library = kept_library(keep)
    styles = [color_rules(), *map(_look, _LOOKS)]
    scripts = [engine.source(), interface()]
    filled = {
        "policy": policy([library, *scripts], styles),
        "title": html.escape(document.title),
        "styles": "\n".join(f"<style>{style}</style>" for style in styles),
        "scripts": "\n".join(f"<script>{script}</script>" for script in scripts),
        "document": _json(payload(document)),
        "charts": _packed(library),
    }
    before, after = _text("skeleton.html").split("{{states}}")
    sides = [_MARKS.sub(lambda mark: filled[mark.group(1)], side) for side in (before, after)]
    limit = min(max(LEAST_LIMIT, EACH * len(document.reports)), MOST_LIMIT)
    taken = sum(len(side.encode()) for side in sides)
    return Sheet(sides[0], sides[1], max(int(0.95 * (limit - taken)), _LEAST_ROOM))


@cache
def interface() -> str:
    """The page's own script, its parts in one function."""
    parts = (_text(f"interface/{name}.js") for name in _PARTS)
    return '(() => {\n"use strict";\n' + "\n".join(parts) + "})();\n"


def policy(scripts: Iterable[str], styles: Iterable[str]) -> str:
    """The Content-Security-Policy under which only these scripts and styles count, and nothing is requested."""
    allowed = {
        "default-src": "'none'",
        "script-src": " ".join(map(_hash, scripts)),
        "style-src": " ".join(map(_hash, styles)),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in allowed.items())


@cache
def _packed(text: str) -> str:
    return packed_text(text)


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"


def _json(value: object) -> str:
    """JSON in which no tag, comment or entity can begin."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.translate(_UNSAFE)


def _look(name: str) -> str:
    return _text(f"look/{name}.css")


@cache
def _text(name: str) -> str:
    return files(__package__ or "").joinpath(name).read_text(encoding="utf-8")
