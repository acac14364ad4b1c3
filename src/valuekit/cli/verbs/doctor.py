"""`valuekit doctor`: the environment, for a bug report."""

import os
import platform
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Literal

import typer

from valuekit.cli import listing
from valuekit.cli.session import DEFAULT_CONFIG, Session
from valuekit.errors import ValuekitError

EXAMPLE = "valuekit doctor --format json"

PACKAGES = ("duckdb", "filelock", "numpy", "polars", "pyarrow", "pydantic", "rich", "scipy", "typer")
EXTRAS = {"ai": ("litellm",), "lifetimes": ("lifetimes",), "spark": ("pyspark", "sqlglot"), "tdigest": ("tdigest",)}


def doctor(
    session: Session,
    *,
    layout: Annotated[Literal["text", "json"], typer.Option("--format", help="How to write the report.")] = "text",
) -> None:
    """Report versions, extras, machine, cache folder and terminal; no secret and no environment value is in it."""
    report = {
        **_versions(),
        "extras": {name: all(find_spec(module) is not None for module in modules) for name, modules in EXTRAS.items()},
        **_machine(),
        **_cache(session),
        "terminal": {
            "stdout": session.out.isatty(),
            "stderr": session.err.isatty(),
            "colour": session.color,
            "encoding": session.out.encoding,
        },
        "set": {name: name in os.environ for name in ("VALUEKIT_CONFIG", "NO_COLOR")},
    }
    if layout == "json":
        session.out.write(listing.document({"doctor": report}))
    else:
        session.out.write("".join(f"{name:<14} {listing.flat(value)}\n" for name, value in report.items()))


def _versions() -> dict[str, object]:
    from importlib.metadata import version

    packages = {name: version(name) for name in PACKAGES}
    return {"valuekit": version("valuekit"), "python": platform.python_version(), **packages}


def _machine() -> dict[str, object]:
    return {
        "platform": platform.platform(),
        "executable": sys.executable,
        "cores": _cores(),
        "memory_gb": _memory_gb(),
        "time_zones": _has_time_zones(),
    }


def _cores() -> int:
    """Cores that this process may use, where the system says."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _memory_gb() -> float | None:
    """The machine's memory in GB, None where the system does not say."""
    names = getattr(os, "sysconf_names", {})
    if not {"SC_PAGE_SIZE", "SC_PHYS_PAGES"} <= set(names):
        return None
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1)


def _has_time_zones() -> bool:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo("Europe/Berlin").key == "Europe/Berlin"
    except ZoneInfoNotFoundError:
        return False


def _cache(session: Session) -> dict[str, object]:
    """The cache folder and whether it can be written; without a usable config only why not."""
    if session.options.config is None and not Path(DEFAULT_CONFIG).exists():
        return {"config": "none here", "cache": None, "cache_writable": None}
    try:
        folder = session.workspace.folder
    except ValuekitError as error:
        return {"config": f"unusable: {str(error).splitlines()[0]}", "cache": None, "cache_writable": None}
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    return {"config": session.config_path, "cache": str(folder), "cache_writable": os.access(nearest, os.W_OK)}
