"""Findings as one JSON document of the command line's contract.

Owns its keys, which scripts rely on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.wording import SCHEMA

if TYPE_CHECKING:
    from valuekit.validate.formats.outcome import Outcome

_KEYS = ("rule", "severity", "file", "line", "column", "path", "message", "nearest")


def as_json(outcome: Outcome) -> str:
    """Write one document with every finding."""
    import json

    rows = [{key: getattr(finding, key) for key in _KEYS} for finding in outcome.findings]
    return json.dumps({"schema": SCHEMA, "findings": rows}, ensure_ascii=False) + "\n"
