"""Comments that silence findings: `# valuekit: ignore[VK512]` behind what is found fault with.

Owns what such a comment covers, and the finding about one that silences nothing. Only real comments count, never text
inside a string. A silenced error still keeps a run from starting: a comment makes no config right.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from valuekit.config.findings import Position, quoted
from valuekit.config.nearest import nearest
from valuekit.config.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from valuekit.config.collect import Collector
    from valuekit.config.findings import Finding
    from valuekit.config.load import Checked
    from valuekit.config.positions import Positions, Span

_MARK = re.compile(r"#\s*valuekit:\s*ignore(?![\w-])\s*(?P<rest>[^#]*)", re.IGNORECASE)
_LISTED = re.compile(r"\[([^\[\]]*)\]")
_RULE = "VK990"
_DATA = "VK6"


@dataclass(frozen=True)
class _Ignore:
    """One such comment.

    Attributes:
        position: where it starts.
        first: the first line that it covers; the last one is its own.
        rules: rules or beginnings of them; an empty text for every rule.
    """

    position: Position
    first: int
    rules: tuple[str, ...]

    def covers(self, finding: Finding, rule: str) -> bool:
        line = finding.line
        return line is not None and self.first <= line <= self.position.line and finding.rule.startswith(rule)


def obeyed(checked: Checked, *, with_data: bool = False) -> Checked:
    """Take out what comments silence, and report comments that silence nothing.

    Args:
        checked: a config with all its findings.
        with_data: whether real data was looked at; else nobody knows what a comment about it would silence.
    """
    collector = checked.root.collector
    if "valuekit:" not in collector.text.casefold() or not _is_toml(checked):
        return checked
    ignores = list(_ignores(collector))
    silenced = [one for one in checked.findings if any(_covers(ignore, one) for ignore in ignores)]
    for ignore in ignores:
        _report_idle(ignore, silenced, collector, with_data=with_data)
    kept = tuple(one for one in collector.in_order() if one not in silenced)
    return replace(checked, findings=kept, silenced=tuple(silenced))


def _is_toml(checked: Checked) -> bool:
    return not any(finding.rule in {"VK101", "VK102", "VK103", "VK106"} for finding in checked.findings)


def _covers(ignore: _Ignore, finding: Finding) -> bool:
    return any(ignore.covers(finding, rule) for rule in ignore.rules)


def _ignores(collector: Collector) -> Iterator[_Ignore]:
    positions = collector.positions
    for comment in positions.comments:
        start, text = positions.of_comment(comment)
        mark = _MARK.search(text)
        if mark is None:
            continue
        at = Position(start.line, start.column + mark.start())
        rules = _rules(mark["rest"].strip())
        if rules is None:
            collector.add(_RULE, f"{quoted(mark.group().strip())} cannot be read; write ignore[VK904]", at)
        else:
            yield _Ignore(at, _first_line(positions, comment), rules)


def _rules(rest: str) -> tuple[str, ...] | None:
    """The rules that a comment names; None where it cannot be read."""
    if not rest:
        return ("",)
    listed = _LISTED.match(rest)
    rules = tuple(part.strip().upper() for part in listed[1].split(",")) if listed else ()
    return tuple(dict.fromkeys(rules)) if rules and all(rules) else None


def _first_line(positions: Positions, comment: Span) -> int:
    """Where the longest value starts that ends before the comment, on its line."""
    line = positions.line(comment.start)
    ending = (
        positions.line(place.key.start)
        for place in positions.located.values()
        if place.value.end <= comment.start and positions.line(place.value.end) == line
    )
    return min(ending, default=line)


def _report_idle(ignore: _Ignore, silenced: list[Finding], collector: Collector, *, with_data: bool) -> None:
    for rule in ignore.rules:
        if any(ignore.covers(finding, rule) for finding in silenced):
            continue
        if not any(known.startswith(rule) for known in RULES):
            said = f"there is no rule {quoted(rule)} to ignore"
            collector.add(_RULE, said, ignore.position, (), nearest(rule, RULES))
        elif with_data or not rule.startswith(_DATA):
            what = f"no finding of {rule}" if rule else "no finding"
            collector.add(_RULE, f"there is {what} on this line to ignore", ignore.position)
