"""Writes computed scores: picks the layout, and where each goes.

Owns which formats there are, what one file of each can hold, and the names of files in a folder. Never computes, and
never narrates: stdout is data.
"""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, TextIO, TypeAlias

from valuekit.cli import exchange
from valuekit.cli.replace import replacing
from valuekit.errors import DataError, UsageError
from valuekit.reports.text import rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from valuekit.pipeline.results import Computed, MetricResult

Format: TypeAlias = Literal["table", "csv", "tsv", "json", "jsonl", "parquet"]
Destination: TypeAlias = str | Path | None

_ROW_GROUP = 100_000
"""So many rows of a parquet file are held at a time."""

HOLDS_SEVERAL: frozenset[Format] = frozenset({"table", "json"})
"""The formats that carry several metrics in one document; the others carry the rows of one."""


def write(
    computed: Computed,
    *,
    format: Format,  # noqa: A002  the flag's own name
    output: Destination,
    stream: TextIO | BinaryIO,
    color: bool,
    width: int | None,
    curves: bool = False,
) -> tuple[Path, ...]:
    """Write results to a stream, a file, or a folder with one file a metric.

    Text formats print 12 significant digits and are UTF-8 whatever the locale; parquet holds the full numbers.

    Args:
        computed: what was computed.
        format: how to lay it out.
        output: the file or folder; None for the stream. Several metrics in a format that holds one need a folder, which
            is created; a single metric goes into the folder if there is one of that name.
        stream: where to without `output`, usually stdout.
        color: whether a table is emphasised; a file never is.
        width: the columns of a table on the stream; None, and a file, have no limit.
        curves: whether JSON holds curves.

    Returns:
        The files written.

    Raises:
        UsageError: as `check_destination`.
        DataError: a file cannot be written.
    """
    asked = len(computed.results) + len(computed.failures)
    check_destination(format, output, metrics=asked, stream=stream)
    if output is None:
        for payload in _payloads(computed, format, color=color, width=width, curves=curves):
            send(payload, stream)
        return ()
    paths = [Path(output)]
    if format not in HOLDS_SEVERAL and (asked > 1 or Path(output).is_dir()):
        paths = in_folder(Path(output), [result.metric for result in computed.results], format)
    payloads = _payloads(computed, format, color=False, width=None, curves=curves)
    for path, payload in zip(paths, payloads, strict=False):
        with replacing(path) as handle:
            handle.writelines(payload)
    return tuple(paths)


def check_destination(layout: Format, output: Destination, *, metrics: int, stream: TextIO | BinaryIO) -> None:
    """Refuse what cannot be written, before anything is computed.

    Args:
        layout: the format.
        output: as for `write`.
        metrics: how many metrics are asked for.
        stream: as for `write`.

    Raises:
        UsageError: the format cannot hold so many metrics, or cannot go where it is sent; with what to do instead.
    """
    if output is None:
        if layout not in HOLDS_SEVERAL and metrics > 1:
            raise UsageError(
                f"{layout} carries the rows of one metric, and {metrics} are asked for: name one, write to a folder "
                "with -o DIR, or take --format json"
            )
        if layout == "parquet" and stream.isatty():
            raise UsageError("parquet is not text: write it to a file with -o FILE, or into a pipe")
    elif layout in HOLDS_SEVERAL and Path(output).is_dir():
        raise UsageError(f"{output} is a folder, and {layout} is one document: name a file with -o FILE")
    elif layout not in HOLDS_SEVERAL and metrics > 1 and _is_one_file(Path(output)):
        raise UsageError(f"{output} is one file, and {layout} takes one for each metric: name a folder with -o DIR")


def _is_one_file(path: Path) -> bool:
    """Tell whether a path is a file, or would be taken for one."""
    return not path.is_dir() and (path.exists() or bool(path.suffix))


def _payloads(
    computed: Computed, layout: Format, *, color: bool, width: int | None, curves: bool
) -> Iterator[Iterator[bytes]]:
    """The one document, or the rows of each metric."""
    if layout == "json":
        yield _encoded(exchange.json_document(computed, curves=curves))
    elif layout == "table":
        from valuekit.cli.tables import table_text

        yield _encoded(table_text(computed, color=color, width=width))
    else:
        lines = {"csv": rows.csv_lines, "tsv": rows.tsv_lines, "jsonl": rows.json_lines}
        for result in computed.results:
            yield _parquet(result) if layout == "parquet" else _encoded(lines[layout](result.rows))


def _parquet(result: MetricResult) -> Iterator[bytes]:
    """A file of row groups, each given away before the next is made."""
    import pyarrow as pa
    from pyarrow import parquet

    table = result.rows
    sink = _Parts()
    with parquet.ParquetWriter(pa.PythonFile(sink, mode="w"), table.head(0).to_arrow().schema) as writer:
        for start in range(0, max(table.height, 1), _ROW_GROUP):
            writer.write_table(table.slice(start, _ROW_GROUP).to_arrow())
            yield sink.taken()
    yield sink.taken()


class _Parts:
    """What pyarrow takes for a file: holds what has been written until it is taken."""

    closed = False

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, part: bytes) -> int:
        self._parts.append(bytes(part))
        return len(part)

    def flush(self) -> None:
        """Keep what there is."""

    def close(self) -> None:
        """Keep what there is, too: the end of a file is written last."""

    def taken(self) -> bytes:
        data = b"".join(self._parts)
        self._parts.clear()
        return data


def _encoded(lines: Iterable[str]) -> Iterator[bytes]:
    return (line.encode() for line in lines)


def send(payload: Iterable[bytes], stream: TextIO | BinaryIO) -> None:
    """Write to a stream of either kind, after what a text stream still holds back."""
    binary: BinaryIO | None = getattr(stream, "buffer", None)
    if binary is not None:
        stream.flush()
        binary.writelines(payload)
        binary.flush()
    elif isinstance(stream, io.StringIO):
        stream.writelines(part.decode() for part in payload)
    else:
        stream.writelines(payload)  # type: ignore[arg-type]  # a text stream without a buffer is a StringIO


def in_folder(folder: Path, things: Sequence[str], suffix: str, *, what: str = "metrics") -> list[Path]:
    """One file for each thing, named after it, in a folder that exists from now on.

    Raises:
        UsageError: two of them would have one file.
        DataError: the folder cannot be made.
    """
    names = [file_name(thing, suffix) for thing in things]
    if len({name.casefold() for name in names}) < len(names):
        raise UsageError(f"two of these {what} would share a file name ({', '.join(names)}): write them one by one")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"cannot make the folder {folder}: {error.strerror}") from error
    return [folder / name for name in names]


def file_name(thing: str, suffix: str) -> str:
    """A file name that stays in its folder and in sight, whatever the thing is called."""
    return f"{safe(thing)}.{suffix}"


def safe(thing: str) -> str:
    """The same without a suffix, as a part of a file name."""
    return re.sub(r"[^\w.-]|^\.", "_", thing)
