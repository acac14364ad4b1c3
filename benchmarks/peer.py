"""The peer's own way from day files to its database: cdhdashboard's load_data() with its own config template.

    PEER-PYTHON benchmarks/peer.py FOLDER FORMAT --metrics ... [--also NAME ...]

Runs in an environment that holds the peer, in an empty folder, where the peer keeps its database. Prints one line of
JSON: the groups of each metric, the engagement it counted, the size of its database, its versions. Imports nothing of
valuekit and nothing of the other benchmarks, and changes nothing of the peer but where it finds files and by what it
groups.
"""

from __future__ import annotations

import argparse
import json
import logging
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

_READ_AS = {"pega": ("pega_ds_export", "*.zip"), "parquet": ("parquet", "*.parquet")}


def configure(config: dict[str, Any], file_format: str, chosen: list[str], also: list[str]) -> None:
    """Keep the chosen metrics of the template, and add dimensions to them.

    Args:
        config: the peer's template as it holds it in memory; changed in place.
        file_format: `pega` or `parquet`.
        chosen: metrics of the template.
        also: dimensions that each of them gets besides the template's.
    """
    config["ih"]["file_type"], config["ih"]["file_pattern"] = _READ_AS[file_format]
    metrics = config["metrics"]
    kept = {name: metrics[name] for name in chosen}
    for settings in kept.values():
        settings["group_by"] += also
    filters = metrics["global_filters"]
    metrics.clear()
    metrics.update(kept, global_filters=filters)


def main() -> None:
    """Load a folder of day files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("format", choices=list(_READ_AS))
    parser.add_argument("--metrics", nargs="+", required=True)
    parser.add_argument("--also", nargs="*", default=[])
    chosen = parser.parse_args()
    logging.disable(logging.WARNING)
    configure(
        import_module("value_dashboard.utils.config").get_config(), chosen.format, chosen.metrics, list(chosen.also)
    )
    history = import_module("value_dashboard.pipeline.ih")
    import_module("streamlit").session_state[history.IHFOLDER] = f"{chosen.folder.resolve()}/"
    frames = history.load_data()
    offers = frames["engagement"].select("Count", "Positives").sum().row(0) if "engagement" in frames else None
    report = {
        "groups": {name: frame.height for name, frame in frames.items()},
        "engagement": offers,
        "database": sum(path.stat().st_size for path in Path("db").iterdir()),
        "versions": {name: version(name) for name in ("cdhdashboard", "duckdb", "polars")},
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
