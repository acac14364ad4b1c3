"""What changed between configs, laid out: keys, numbers, and the history of runs.

Owns text and JSON for them. Never compares anything itself.
"""

from __future__ import annotations

import tomllib
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from valuekit.cli import listing, named
from valuekit.cli.findings import accepted
from valuekit.reports.plain import plain
from valuekit.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from valuekit.cache.runs import Run
    from valuekit.cli.listing import Row
    from valuekit.cli.named import Named
    from valuekit.cli.session import Session
    from valuekit.config.difference import SectionChange
    from valuekit.pipeline.comparing import Comparison, Number
    from valuekit.pipeline.workspace import Workspace

_SHORT = 12
"""So many characters of a fingerprint tell configs apart."""


def between(old: str, new: str) -> list[SectionChange]:
    """What differs from one config to another, both TOML."""
    from valuekit.config.difference import differences

    return differences(tomllib.loads(old), tomllib.loads(new))


def compared(session: Session, old: Named, new: Named) -> Comparison:
    """The totals of both configs on one cache: that of the first, of the second, or of the config in use.

    Raises:
        ConfigError: one of them has errors.
    """
    first, second = _workspace(session, old), _workspace(session, new)
    from valuekit.pipeline.comparing import compare

    candidates = [first, second, *_in_use(session)]
    published = (one for one in candidates if any(path.is_file() for path in one.published))
    home = next(published, first)
    session.narrator.say(f"asked the cache {home.folder}", event="cache")
    return compare(home, first, second)


def _in_use(session: Session) -> Iterator[Workspace]:
    """The config in use, if there is one that is in order."""
    path = named.home_path(session)
    if path.is_file() and (config := named.Named(str(path), path, None).check().config) is not None:
        from valuekit.pipeline import Workspace

        yield Workspace(config, _cache(session))


def _workspace(session: Session, chosen: Named) -> Workspace:
    config = accepted(chosen.check(), session.narrator)
    from valuekit.pipeline import Workspace

    return Workspace(config, _cache(session))


def _cache(session: Session) -> Path | None:
    cache = session.options.cache
    return None if cache is None else Path(cache).absolute()


def as_json(old: str, new: str, found: Sequence[SectionChange], comparison: Comparison | None) -> str:
    """Write one document: `a`, `b`, `sections`, and with numbers `values` and `missing`."""
    sections = [
        {**asdict(one), "changed": {key: {"a": was, "b": now} for key, (was, now) in one.changed.items()}}
        for one in found
    ]
    body: dict[str, object] = {"a": old, "b": new, "sections": [_exact(one) for one in sections]}
    if comparison is not None:
        body["values"] = [
            {
                "metric": row.metric,
                "score": row.score,
                "group": row.keys,
                "a": _number(row.old, row.unit),
                "b": _number(row.new, row.unit),
                "difference": _whole(row.difference, row.unit),
            }
            for row in comparison.rows
        ]
        sides = {"old": "a", "new": "b"}
        body["missing"] = [
            {"metric": metric, "config": sides[side], "reason": reason} for metric, side, reason in comparison.missing
        ]
    return listing.document(body)


def _number(number: Number | None, unit: str) -> dict[str, object] | None:
    return None if number is None else {**asdict(number), "value": _whole(number.value, unit)}


def _whole(value: float | None, unit: str) -> float | None:
    """A count as a whole number."""
    return int(value) if value is not None and unit == "count" and value == int(value) else value


def _exact(value: object) -> object:
    """A TOML value as JSON holds it: infinities and NaN as text."""
    if isinstance(value, dict):
        return {key: _exact(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_exact(part) for part in value]
    return str(value) if isinstance(value, float) and value - value != 0 else value


def write_text(session: Session, found: Sequence[SectionChange], comparison: Comparison | None) -> None:
    """Write changes as lines: + for what is new, - for what is gone, ~ for what changed; then the numbers."""
    session.out.writelines(f"{line}\n" for line in _lines(found))
    if comparison is None:
        return
    from valuekit.reports.numbers import shown_key

    if found:
        session.out.write("\n")
    rows = [
        {
            "metric": row.metric,
            "score": row.score,
            "group": ", ".join(shown_key(value) for value in row.keys.values()),
            "A": _shown(row.old, row.unit),
            "B": _shown(row.new, row.unit),
            "difference": _difference(row.difference, row.unit),
        }
        for row in comparison.rows
        if any(number is not None and number.value is not None for number in (row.old, row.new))
    ]
    listing.write_rows(session, "values", ("metric", "score", "group", "A", "B", "difference"), rows, None)
    for metric, side, reason in comparison.missing:
        config = "A" if side == "old" else "B"
        session.narrator.warn(f"metric {metric} of {config} is not in the cache: {reason}", event="missing")


def _lines(found: Sequence[SectionChange]) -> Iterator[str]:
    for one in found:
        sign = {"added": "+ ", "removed": "- ", "changed": ""}[one.state]
        yield plain(f"{sign}[{one.name}]") if one.name else "outside of any section"
        yield from (plain(f"  + {key} = {_toml(value)}") for key, value in one.added.items())
        yield from (plain(f"  - {key} = {_toml(value)}") for key, value in one.removed.items())
        yield from (plain(f"  ~ {key} = {_toml(was)} -> {_toml(now)}") for key, (was, now) in one.changed.items())


def _toml(value: object) -> str:
    """A value in TOML, on one line."""
    import tomli_w

    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return tomli_w.dumps({"v": value}).removeprefix("v = ").strip()


def _shown(number: Number | None, unit: str) -> str:
    from valuekit.reports.numbers import shown, shown_interval

    if number is None:
        return shown(None)
    text = shown(number.value, unit, short=False)
    known = number.value is not None and number.low is not None and number.high is not None
    return f"{text} ({shown_interval(number.low, number.high, unit, short=False)})" if known else text


def _difference(difference: float | None, unit: str) -> str:
    from valuekit.reports.numbers import shown

    text = shown(difference, unit, short=False).replace(" %", " points")
    return f"+{text}" if difference is not None and difference > 0 and text[:1] not in "+<" else text


def history(session: Session, *, texts: bool) -> tuple[Sequence[str], list[Row]]:
    """The runs, latest first, with their configs.

    Args:
        session: the call.
        texts: whether the rows have the whole text and fingerprint.
    """
    runs = named.past_runs(session)
    rows: list[Row] = []
    before: Run | None = None
    for run in runs:
        row: dict[str, object] = {
            "run": f"@{run.run_id}",
            "verb": run.verb,
            "state": run.state,
            "started": run.started,
            "config": run.config if texts or run.config is None else run.config[:_SHORT],
            "change": _change(session, before, run),
        }
        if texts:
            row["text"] = None if run.config is None else _kept(session, run)
        rows.append(row)
        before = run if run.config is not None else before
    columns = ("run", "verb", "state", "started", "config", "change", *(("text",) if texts else ()))
    return columns, rows[::-1]


def _change(session: Session, before: Run | None, run: Run) -> str | None:
    """What changed since the run before, in a few words; None where nothing did or nobody knows."""
    if run.config is None or (before is not None and before.config == run.config):
        return None
    if before is None:
        return "first"
    was, now = _kept(session, before), _kept(session, run)
    if was is None or now is None:
        return "unknown"
    found = between(was, now)
    keys = sum(len(one.added) + len(one.removed) + len(one.changed) for one in found)
    if not found:
        return "comments only"
    return f"{counted(keys, 'key')} in {', '.join(one.name or 'no section' for one in found)}"


def _kept(session: Session, run: Run) -> str | None:
    from valuekit.errors import UsageError

    try:
        return named.text_of(session, run)
    except UsageError:
        return None
