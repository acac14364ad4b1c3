"""The chart library as one script: Vega, the compiler of Vega-Lite, and the interpreter that needs no `eval`.

Owns which parts of the bundle in vl-convert the page carries, and the file in which it is kept between runs. Never
downloads: all of it is in the installed package.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import zlib
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_MODULES = "https://cdn.jsdelivr.net/npm"
"""The names by which the bundle of vl-convert 1.9 knows its modules begin so; nothing is read from that address."""

_SNIPPET = (
    f'import {{parse, View}} from "{_MODULES}/vega@6.2.0/+esm";'
    f'import {{compile}} from "{_MODULES}/vega-lite@6.4.1/+esm";'
    f'import {{expressionInterpreter}} from "{_MODULES}/vega-interpreter@2.0.0/+esm";'
    "window.valuekitCharts = {parse, View, compile, expressionInterpreter};"
)
_KNOWN = "8dc6e99f37e0bc556f376f19176841fb956f5bb3f2009e643b870ede1fcbd6e0"
"""The SHA-256 of the script that vl-convert 1.9.0 makes: a kept file that holds anything else is not used."""

FILE = "charts.txt"


@cache
def library() -> str:
    """The script, which sets `valuekitCharts`; takes about two seconds, once a process."""
    import vl_convert

    bundle: str = vl_convert.javascript_bundle(_SNIPPET)
    return bundle


def kept_library(folder: Path | None) -> str:
    """As `library`, read from a folder where an earlier run left it; else made, and left there for the next."""
    if folder is None:
        return library()
    path = folder / FILE
    if (found := _read(path)) is not None:
        return found
    script = library()
    if _is_known(script):
        _keep(path, script)
    return script


def _is_known(script: str) -> bool:
    return hashlib.sha256(script.encode()).hexdigest() == _KNOWN


def _read(path: Path) -> str | None:
    """What a file holds; None where there is none, or anything else in it."""
    try:
        script = zlib.decompress(base64.b64decode(path.read_bytes(), validate=True)).decode()
    except (OSError, binascii.Error, zlib.error, UnicodeDecodeError):
        return None
    return script if _is_known(script) else None


def _keep(path: Path, script: str) -> None:
    """Leave it for the next run, whole or not at all; a folder that cannot be written to costs time, nothing else."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with suppress(OSError):
        draft.write_bytes(base64.b64encode(zlib.compress(script.encode(), 6)))
        draft.replace(path)
