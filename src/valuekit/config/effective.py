"""What a config says once every default is filled in, and where each value comes from.

Owns the step back from a config in memory to keys of TOML. The result, written as TOML, is a config that means the same
wherever it lies: its paths are absolute.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from valuekit.config.expressions import Expression
from valuekit.config.families import COMMON_KEYS, FAMILIES
from valuekit.config.load import CACHE_KEYS
from valuekit.config.metrics import KEYS as METRIC_KEYS
from valuekit.config.positions import Positions
from valuekit.config.reports import KEYS as REPORT_KEYS
from valuekit.config.sources import EXTENSION_KEYS
from valuekit.config.sources import KEYS as SOURCE_KEYS
from valuekit.config.web import WEB_SECTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from valuekit.config.findings import KeyPath
    from valuekit.config.models import Config
    from valuekit.config.tables import Key

Tree = dict[str, Any]

_WITH_DAYS = ("ih",)
"""The sources of which `day_of` means something."""
_NONE: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True)
class Origin:
    """Where a value comes from.

    Attributes:
        kind: `flag`, `environment`, `file` or `default`.
        name: the flag, the variable or the file; None for a default.
        line: in the file.
    """

    kind: str
    name: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        """Write it as one word or two: `valuekit.toml:3`, `flag --cache`, `default`."""
        if self.kind == "file":
            return f"{self.name}:{self.line}"
        return self.kind if self.name is None else f"{self.kind} {self.name}"


@dataclass(frozen=True)
class Effective:
    """A config with every default filled in.

    Attributes:
        tree: sections, keys and values, as TOML would hold them.
        origins: by key path, where the value comes from.
    """

    tree: Tree
    origins: Mapping[KeyPath, Origin] = field(default_factory=dict)


def effective(config: Config, file: str, cache: tuple[Path, Origin] | None = None) -> Effective:
    """Fill in the defaults of a config.

    Keys without any value, such as a limit that is not set, are left out.

    Args:
        config: the config.
        file: what to call its file.
        cache: a cache folder that wins over the config's, and where it comes from.
    """
    written = tomllib.loads(config.text)
    tree: Tree = {}
    for kind, source in (("ih", config.ih), ("holdings", config.holdings)):
        if source is not None:
            of_kind = _table(written, kind)
            tree[kind] = _values(SOURCE_KEYS[kind], source, of_kind)
            if kind not in _WITH_DAYS and "day_of" not in of_kind:
                del tree[kind]["day_of"]
            extensions = _values(EXTENSION_KEYS, source, _table(of_kind, "extensions"))
            tree[kind] |= {"extensions": extensions} if extensions else {}
    tree["metrics"] = _metrics(config, _table(written, "metrics"))
    reports = _table(written, "reports")
    shown = {name: _values(REPORT_KEYS, report, _table(reports, name)) for name, report in config.reports.items()}
    tree |= {"reports": shown} if shown else {}
    tree["cache"] = _values(CACHE_KEYS, config.cache, _table(written, "cache"))
    tree |= {name: dict(_table(written, name)) for name in WEB_SECTIONS if name in written}
    origins = dict(_origins(tree, Positions(config.text), file))
    if cache is not None:
        tree["cache"] |= {"path": str(cache[0])}
        origins["cache", "path"] = cache[1]
    return Effective(tree, origins)


def _metrics(config: Config, written: Mapping[str, object]) -> Tree:
    tree: Tree = {"global_filters": list(config.global_filters)} if config.global_filters else {}
    for name, metric in config.metrics.items():
        family = FAMILIES[metric.family]
        keys = {key: METRIC_KEYS[key] for key in (*COMMON_KEYS, *family.keys)}
        tree[name] = _values(keys, metric, _table(written, name), {"scores": list(family.scores)})
    return tree


def _values(
    keys: Mapping[str, Key], model: object, written: Mapping[str, object], defaults: Mapping[str, object] = _NONE
) -> Tree:
    """The keys of a table that have a value, always in the same order.

    Args:
        keys: those that the table may have.
        model: what was read from it.
        written: what is in the document.
        defaults: values of keys for which the model has none.
    """
    tree: Tree = {}
    for name, key in keys.items():
        value = written.get(name) if key.field == "derived" else _plain(getattr(model, key.field or name, None))
        if key.web_only and name in written:
            value = written[name]
        if value is None:
            value = defaults.get(name)
        if value is not None and (name in written or value not in ([], {})):
            tree[name] = value
    return tree


def _plain(value: object) -> object:
    """A value of a model as TOML would hold it."""
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Expression):
        return value.text
    if isinstance(value, timedelta):
        return f"{value.days}d"
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    return {key: _plain(part) for key, part in value.items()} if isinstance(value, Mapping) else value


def _table(tree: Mapping[str, object], name: str) -> Mapping[str, object]:
    found = tree.get(name)
    return found if isinstance(found, dict) else {}


def _origins(node: Mapping[str, object], positions: Positions, file: str) -> Iterator[tuple[KeyPath, Origin]]:
    """The origin of every value that is no table."""
    for path, _ in leaves(node):
        is_written = path in positions.located
        yield path, Origin("file", file, positions.key(path).line) if is_written else Origin("default")


def leaves(node: Mapping[str, object], path: KeyPath = ()) -> Iterator[tuple[KeyPath, object]]:
    """Every value of a tree that is no table, and every table that is empty, with its key path."""
    for key, value in node.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key), value
