"""The `[ih]` and `[holdings]` sections.

Owns their keys. Never looks at the files that they name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.config.derive import derived_columns, filter_text
from valuekit.config.formats import pattern, regex, zone
from valuekit.config.shapes import shape_of, shaped
from valuekit.config.tables import Key, read_table
from valuekit.config.values import Reader, distinct_names, filled, one_of, scalar, switch, table, table_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from valuekit.config.collect import Place

EXTENSION_KEYS = {
    "filter": Key(filter_text),
    "columns": Key(derived_columns, field="derived"),
    "default_values": Key(table_of(scalar)),
}


def _source_keys(group_pattern: str, *file_types: str) -> Mapping[str, Key]:
    return {
        "path": Key(filled),
        "file_type": Key(one_of(*file_types)),
        "file_pattern": Key(pattern),
        group_pattern: Key(regex, field="group_pattern"),
        "hive_partitioning": Key(switch),
        "timezone": Key(zone),
        "day_of": Key(one_of("outcome", "decision")),
        "keep_columns": Key(distinct_names),
        "fill_empty": Key(switch),
        "streaming": Key(switch, web_only=True),
        "background": Key(switch, web_only=True),
        "columns": Key(_renamed),
        "extensions": Key(table),
    }


@shaped(shape_of(table_of(filled)))
def _renamed(value: object, place: Place) -> Mapping[str, str] | None:
    if isinstance(value, str | list):
        place.report(
            "VK203",
            f'columns takes a table {{ CanonicalName = "source name" }}; expressions belong into '
            f"[{place.path[0]}.extensions]",
        )
        return None
    return table_of(filled)(value, place)


KEYS = {
    "ih": _source_keys("ih_group_pattern", "pega_ds_export", "parquet", "csv"),
    "holdings": _source_keys("file_group_pattern", "pega_ds_export", "parquet", "csv", "xlsx"),
}


def source_section(kind: str) -> Reader:
    """Make the reader of one source's section; it gives the fields of a `SourceConfig`, the path as written."""

    def read(value: object, place: Place) -> dict[str, object]:
        fields = read_table(value, KEYS[kind], place)
        extensions = fields.pop("extensions", {})
        return fields | read_table(extensions, EXTENSION_KEYS, place / "extensions")

    return read
