"""From a file to a config: every check that needs no data, in one go.

Owns the order of the checks, and the step from values in order to models. Never opens a source.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from valuekit.config.collect import Collector, Place
from valuekit.config.document import read_document
from valuekit.config.families import FAMILIES
from valuekit.config.findings import Finding, Severity, quoted
from valuekit.config.formats import duration, memory
from valuekit.config.metrics import metrics_section
from valuekit.config.nearest import nearest
from valuekit.config.reports import reports_section
from valuekit.config.sources import source_section
from valuekit.config.tables import Key, read_table
from valuekit.config.values import filled, integer
from valuekit.config.web import WEB_SECTIONS, web_section
from valuekit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from valuekit.config.models import Config

CACHE_KEYS = {
    "path": Key(filled),
    "keep_facts": Key(duration),
    "memory_limit": Key(memory),
    "threads": Key(integer(1, 1024)),
}
RESERVED = ("checks", "engine")
SECTIONS = ("ih", "holdings", "metrics", "reports", "cache", *RESERVED, *WEB_SECTIONS)


@dataclass(frozen=True)
class Checked:
    """What a check gives.

    Attributes:
        config: the config; None where a finding is an error.
        findings: every problem, in the order of the file.
        root: the top of the document, where later checks attach findings of their own.
        known: what is in order of a config with errors, for later checks; None where nothing could be read.
        silenced: findings that a comment asks not to hear; an error among them keeps `config` None all the same.
    """

    config: Config | None
    findings: tuple[Finding, ...]
    root: Place = field(repr=False, compare=False)
    known: Config | None = field(default=None, repr=False, compare=False)
    silenced: tuple[Finding, ...] = ()

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that stop a run."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)


def check(path: Path | None, text: str | bytes | None = None) -> Checked:
    """Find every problem of a config at once.

    Args:
        path: the file. Relative paths in it are relative to its folder.
        text: what is in it, or its bytes, where it need not be read; without a path, relative paths are relative to the
            current folder, and findings call the file `-`.
    """
    root = Place(Collector("-" if path is None else str(path)))
    tree = read_document(path, text, root.collector)
    sections = {} if tree is None else _read_sections(tree, root)
    findings = root.collector.in_order()
    in_order = tree is not None and not any(finding.severity is Severity.ERROR for finding in findings)
    known = None if tree is None else _build(path, sections, root.collector.text)
    return Checked(known if in_order else None, findings, root, known)


def load(path: Path) -> Config:
    """Read a config that must be in order; `check` also gives its warnings.

    Raises:
        ConfigError: names every error with file, line and column.
    """
    checked = check(path)
    if checked.config is None:
        raise ConfigError("\n".join(str(finding) for finding in checked.errors))
    return checked.config


def _read_sections(tree: Mapping[str, object], root: Place) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for name in tree:
        if name in RESERVED:
            (root / name).report_key("VK902", f"[{name}] is not used by this version")
        elif name not in SECTIONS:
            said = "there is no section" if isinstance(tree[name], dict | list) else "outside of any section is the key"
            (root / name).report_key("VK201", f"{said} {quoted(name)}", nearest(name, SECTIONS))
    for kind in ("ih", "holdings"):
        if kind in tree:
            read[kind] = source_section(kind)(tree[kind], root / kind)
    read["metrics"] = metrics_section(tree.get("metrics", {}), root / "metrics")
    metrics = read["metrics"]["metrics"]
    read["reports"] = reports_section(tree.get("reports", {}), root / "reports", metrics)
    read["cache"] = read_table(tree.get("cache", {}), CACHE_KEYS, root / "cache")
    for name in WEB_SECTIONS:
        if name in tree:
            read[name] = web_section(name, tree[name], root / name)
    if not metrics:
        (root / "metrics").report_key("VK413", "the config has no [metrics.<name>] section")
    _check_sources(metrics, read, root / "metrics")
    return read


def _check_sources(metrics: Mapping[str, Mapping[str, object]], read: dict[str, Any], place: Place) -> None:
    """Give a source that is needed and has no section its defaults, and say so."""
    for name, fields in metrics.items():
        family = FAMILIES.get(str(fields["family"]))
        if family is not None and family.source not in read:
            said = f"there is no [{family.source}] for [metrics.{name}]: all its defaults apply"
            (place / name).report_key("VK414", said)
            read[family.source] = {}


def _build(path: Path | None, read: Mapping[str, Any], text: str) -> Config:
    """Make the models of everything that is in order; a metric or report without what it must have is left out."""
    from valuekit.config.models import CacheConfig, Config, MetricConfig, ReportConfig, SourceConfig

    folder = Path.cwd() if path is None else Path(path).absolute().parent
    sources = {
        kind: SourceConfig(kind=kind, **(fields | {"path": folder / fields.get("path", ".")}))
        for kind, fields in read.items()
        if kind in {"ih", "holdings"}
    }
    cache = read["cache"]
    metrics, reports = (
        {name: fields for name, fields in sections.items() if all(fields.get(key) is not None for key in needed)}
        for sections, needed in (
            (read["metrics"]["metrics"], ("family", "group_by")),
            (read["reports"], ("metric", "type")),
        )
    )
    return Config(
        file=path,
        folder=folder,
        text=text,
        **sources,
        global_filters=read["metrics"].get("global_filters", ()),
        metrics={name: MetricConfig(**fields) for name, fields in metrics.items()},
        reports={name: ReportConfig(**fields) for name, fields in reports.items()},
        cache=CacheConfig(**(cache | {"path": folder / cache.get("path", ".valuekit")})),
        **{name: read[name] for name in WEB_SECTIONS if name in read},
    )
