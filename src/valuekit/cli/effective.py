"""A config with every default filled in, laid out: TOML that is a config itself, or JSON.

Owns what is said of flags and of the environment. Never fills in a default: the config room does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from valuekit.cli import listing
from valuekit.cli.options import Options

if TYPE_CHECKING:
    import typer

    from valuekit.cli.session import Session
    from valuekit.config.effective import Effective, Origin
    from valuekit.config.models import Config


@dataclass(frozen=True)
class Values:
    """What is in effect.

    Attributes:
        config: the values of the config.
        options: by name, the common flags, with where each comes from.
    """

    config: Effective
    options: Mapping[str, tuple[object, Origin]]


def values(session: Session, ctx: typer.Context, config: Config, name: str) -> Values:
    """Find what is in effect, and why.

    Args:
        session: the call.
        ctx: where Typer keeps what set each flag.
        config: the config.
        name: what to call its file.
    """
    from valuekit.config.effective import effective

    options = {one.name: (getattr(session.options, one.name), _origin(ctx, one.name)) for one in fields(Options)}
    folder, origin = options["cache"]
    cache = None if folder is None else (Path(str(folder)).absolute(), origin)
    return Values(effective(config, name, cache), options)


def _origin(ctx: typer.Context, option: str) -> Origin:
    from valuekit.config.effective import Origin

    source = ctx.get_parameter_source(option)
    kind = "" if source is None else source.name
    if kind == "COMMANDLINE":
        return Origin("flag", f"--{option.replace('_', '-')}")
    return Origin("environment", f"VALUEKIT_{option.upper()}") if kind == "ENVIRONMENT" else Origin("default")


def as_toml(found: Values, *, origin: bool) -> str:
    """Write the values as a config; with their origins as comments."""
    from valuekit.config.canonical import written
    from valuekit.config.comments import Comments

    comments = Comments()
    if not origin:
        return written(found.config.tree, comments)
    for path, one in found.config.origins.items():
        comments.beside[path].append(f"# {one}")
    head = [f"# {name} = {_shown(value)}  # {one}" for name, (value, one) in found.options.items()]
    first = next(iter(found.config.tree))
    comments.above[first,] = ["# The common flags, which are no part of a config:", *head, ""]
    return written(found.config.tree, comments)


def as_json(found: Values, *, origin: bool) -> str:
    """Write one document: `config`, `options`, and with origins `origin` by dotted key."""
    from valuekit.config.findings import dotted

    body: dict[str, object] = {
        "config": found.config.tree,
        "options": {name: value for name, (value, _) in found.options.items()},
    }
    if origin:
        options = {f"--{name.replace('_', '-')}": one for name, (_, one) in found.options.items()}
        origins = {dotted(path): one for path, one in found.config.origins.items()} | options
        body["origin"] = {key: {"origin": one.kind, "name": one.name, "line": one.line} for key, one in origins.items()}
    return listing.document(body)


def _shown(value: object) -> str:
    import json

    return "none" if value is None else json.dumps(value, ensure_ascii=True)
