"""Completes names in the shell: those of a config, its runs, and the rules of validate.

Owns the quick look at a config that completion needs. Never checks the config; gives nothing where it cannot be read.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import typer

from valuekit.cli.named import cache_folder
from valuekit.cli.session import DEFAULT_CONFIG

_TIMES = ("Day", "Week", "Month", "Quarter", "Year")


def metric_names(ctx: typer.Context, incomplete: str) -> list[str]:
    """The metrics of the config that start with what is typed."""
    return _starting(_sections(_config(ctx), "metrics"), incomplete)


def report_names(ctx: typer.Context, incomplete: str) -> list[str]:
    """The reports of the config that start with what is typed."""
    return _starting(_sections(_config(ctx), "reports"), incomplete)


def dimension_names(ctx: typer.Context, incomplete: str) -> list[str]:
    """The dimensions of the metrics that are typed already, of all where there are none; behind a comma, too."""
    config = _config(ctx)
    metrics = _sections(config, "metrics")
    chosen = [metrics[name] for name in ctx.params.get("metrics") or () if name in metrics] or list(metrics.values())
    shared = _table(config, "metrics").get("global_filters")
    names = [*(name for metric in chosen for name in _texts(metric.get("group_by"))), *_texts(shared), *_TIMES]
    typed, comma, last = incomplete.rpartition(",")
    before = typed.split(",")
    return [typed + comma + name for name in _starting((one for one in names if one not in before), last)]


def rule_names(ctx: typer.Context, incomplete: str) -> list[str]:  # noqa: ARG001  # the signature that Typer calls
    """The rules of validate that start with what is typed, in any case; behind a comma, too."""
    from valuekit.config.rules import RULES

    typed, comma, last = incomplete.rpartition(",")
    return [typed + comma + rule for rule in _starting(RULES, last.upper())]


def explainable_names(ctx: typer.Context, incomplete: str) -> list[str]:
    """The rules, families and scores that start with what is typed."""
    from valuekit.config.families import FAMILIES

    scores = (score for family in FAMILIES.values() for score in family.scores)
    return [*_starting((*scores, *FAMILIES), incomplete), *rule_names(ctx, incomplete)]


def run_names(ctx: typer.Context, incomplete: str) -> list[str]:
    """The runs that start with what is typed, as `@12`; latest first."""
    from valuekit.cache.runs import RunLedger

    if incomplete and not incomplete.startswith("@"):
        return []
    named = ctx.params.get("cache") or os.environ.get("VALUEKIT_CACHE")
    try:
        runs = RunLedger(cache_folder(_path(ctx), named)).read()
    except OSError:
        return []
    return _starting((f"@{run.run_id}" for run in reversed(runs)), incomplete)


def _path(ctx: typer.Context) -> Path:
    return Path(ctx.params.get("config") or os.environ.get("VALUEKIT_CONFIG") or DEFAULT_CONFIG)


def _config(ctx: typer.Context) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(_path(ctx).read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return {}


def _table(config: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = config.get(name)
    return section if isinstance(section, dict) else {}


def _sections(config: Mapping[str, Any], name: str) -> dict[str, Mapping[str, Any]]:
    return {key: section for key, section in _table(config, name).items() if isinstance(section, dict)}


def _texts(value: object) -> Iterator[str]:
    return (one for one in value if isinstance(one, str)) if isinstance(value, list) else iter(())


def _starting(names: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in dict.fromkeys(names) if name.startswith(incomplete)]
