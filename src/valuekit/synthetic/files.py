"""Writing one day's rows as a file, the same bytes every time.

Owns the two file formats. Never changes a value.
"""

from __future__ import annotations

import io
import json
import zipfile
from typing import IO, TYPE_CHECKING

import polars as pl

from valuekit.synthetic.world import CONSTANTS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from pathlib import Path

SUFFIXES = {"pega": ".zip", "parquet": ".parquet"}
"""The formats, and how their files end."""

_SLICE = 5_000
_MANY = 1_000_000
_MEMBER = "data.json"


def write_day(folder: Path, day: date, rows: pl.DataFrame, formats: Iterable[str]) -> None:
    """Write `rows` as `folder/YYYY-MM-DD.zip` (NDJSON as Pega zips it) and `.parquet`."""
    for name in formats:
        path = folder / f"{day:%Y-%m-%d}{SUFFIXES[name]}"
        if name == "pega":
            _write_zip(path, rows)
        else:
            constants = [pl.lit(value).alias(column) for column, value in CONSTANTS.items()]
            rows.with_columns(constants).write_parquet(path, compression="zstd", compression_level=1)


def _write_zip(path: Path, rows: pl.DataFrame) -> None:
    constants = json.dumps(CONSTANTS, ensure_ascii=False, separators=(",", ":"))
    # Level 1: level 6 takes three times as long. A member opened by its name is dated 1980, whatever the clock says.
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open(_MEMBER, "w", force_zip64=rows.height > _MANY) as stream,
    ):
        for part in rows.iter_slices(_SLICE):
            write_lines(part, stream, constants=constants)


def write_lines(rows: pl.DataFrame, stream: IO[bytes], *, constants: str = "{}") -> None:
    r"""Write one JSON object per row, numbers without a fraction as integers, and `constants` in each.

    Several times as fast as writing each object by itself. The texts must not need escaping: no quotes, no backslashes,
    no control characters.
    """
    pieces: list[pl.Expr] = []
    literal = constants.removesuffix("}") + ("," if constants != "{}" else "")
    for column, dtype in rows.schema.items():
        quote = '"' if dtype == pl.String else ""
        value = pl.col(column) if quote else pl.col(column).cast(pl.String).str.strip_suffix(".0")
        pieces += [pl.lit(f'{literal}"{column}":{quote}'), value]
        literal = f"{quote},"
    pieces.append(pl.lit(literal.removesuffix(",") + "}"))
    buffer = io.BytesIO()
    rows.select(pl.concat_str(pieces)).write_csv(buffer, include_header=False, quote_style="never")
    stream.write(buffer.getbuffer())
