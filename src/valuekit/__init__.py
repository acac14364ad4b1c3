"""valuekit turns marketing decision data into numbers people can trust.

    import valuekit as vk
    vk.open("valuekit.toml").compute("engagement", by=["Channel"])

Importing it is cheap: everything behind these names is loaded when first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from valuekit.errors import CacheError, ConfigError, DataError, LockedError, UsageError, ValuekitError
    from valuekit.pipeline.project import Project
    from valuekit.pipeline.project import open_project as open  # noqa: A004 - vk.open reads best
    from valuekit.states.tdigest import from_tdigest, to_tdigest

_HOMES = {
    "open": ("valuekit.pipeline.project", "open_project"),
    "Project": ("valuekit.pipeline.project", "Project"),
    "from_tdigest": ("valuekit.states.tdigest", "from_tdigest"),
    "to_tdigest": ("valuekit.states.tdigest", "to_tdigest"),
    **{
        name: ("valuekit.errors", name)
        for name in ("CacheError", "ConfigError", "DataError", "LockedError", "UsageError", "ValuekitError")
    },
}

__all__ = [
    "CacheError",
    "ConfigError",
    "DataError",
    "LockedError",
    "Project",
    "UsageError",
    "ValuekitError",
    "from_tdigest",
    "open",
    "to_tdigest",
]


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version

        return version("valuekit")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _HOMES[name]
    return getattr(importlib.import_module(module), attribute)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
