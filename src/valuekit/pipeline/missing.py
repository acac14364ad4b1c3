"""Columns that no landed file has.

Owns the words for them. Never looks at a file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.config.nearest import nearest
from valuekit.facts.names import STANDARD

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


def no_column(name: str, there: Collection[str], reads: Mapping[str, Collection[str]]) -> str:
    """Say that no landed file has a column, and who reads it: a metric may without naming it.

    Args:
        name: the column.
        there: the columns that files have; the nearest is suggested for a name that is none of Pega's.
        reads: by metric name the columns that it is computed from.
    """
    readers = [metric for metric, columns in reads.items() if name in columns]
    who = "the config uses"
    if readers:
        who = f"metric {readers[0]} reads" if len(readers) == 1 else f"metrics {', '.join(readers)} read"
    near = None if name in STANDARD else nearest(name, there)
    hint = f'; did you mean "{near}"?' if near else ""
    return f'no landed file has a column "{name}", which {who}, so it is empty everywhere{hint}'
