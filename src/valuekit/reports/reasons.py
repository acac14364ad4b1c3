"""What stands below numbers, in sentences: what they are made of, and why values are missing.

Owns how this is gathered and told. Never decides what a reason says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.metrics.notes import EVERY_SCORE
from valuekit.reports.numbers import shown
from valuekit.reports.plain import plain
from valuekit.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from valuekit.metrics.notes import Absence

EXAMPLES = 3
"""So many groups a sentence names."""


def made_of(facts: int, files: int, first: object, last: object) -> str:
    """Say what numbers are made of: how many rows that count, of how many files, from which day to which."""
    return f"{counted(facts, 'fact')} from {counted(files, 'file')}, {shown(first)} to {shown(last)}"


def sentences(notes: Iterable[Absence]) -> Iterator[str]:
    """One sentence for all scores that lack a value for one reason in the same groups."""
    causes: dict[tuple[str, int, str], list[Absence]] = {}
    for note in notes:
        causes.setdefault((note.reason, note.count, repr(note.groups)), []).append(note)
    for (reason, count, _), alike in causes.items():
        scores = ", ".join(note.score for note in alike)
        groups = alike[0].groups
        where = _groups_text(groups, count) if any(groups) else ""
        said = "All scores" if scores == EVERY_SCORE else f"No value for {scores}"
        yield plain(f"{said}: {reason}{where}")


def _groups_text(groups: Sequence[Mapping[str, object]], count: int) -> str:
    named = ["/".join(shown(value) for value in group.values()) for group in groups[:EXAMPLES]]
    more = f", and {count - len(named):,} more: --format json lists up to 20" if count > len(named) else ""
    return f" ({counted(count, 'group')}: {', '.join(named)}{more})"
