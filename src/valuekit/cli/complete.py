"""Completes names of a config in the shell.

Owns the quick look at a config that completion needs. Never checks the config; gives nothing where it cannot be read.
"""

import os
import tomllib
from pathlib import Path

import typer

from valuekit.cli.session import DEFAULT_CONFIG


def metric_names(ctx: typer.Context, incomplete: str) -> list[str]:
    """The metrics of the config that start with what is typed."""
    named = ctx.params.get("config") or os.environ.get("VALUEKIT_CONFIG") or DEFAULT_CONFIG
    try:
        sections = tomllib.loads(Path(named).read_text(encoding="utf-8")).get("metrics", {})
    except (OSError, ValueError):
        return []
    return [name for name, section in sections.items() if isinstance(section, dict) and name.startswith(incomplete)]
