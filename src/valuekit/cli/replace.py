"""Writes a file whole or not at all.

Owns the temporary file beside the target and its renaming. Never decides what is written.
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from valuekit.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Give a handle whose content takes the place of `path` when the block ends well; else `path` is as before.

    A link keeps pointing where it does and its target is replaced; a device or pipe is written to as it is. A file that
    was there keeps its permissions.

    Raises:
        DataError: the file cannot be written; the message names it and says why.
    """
    try:
        target = Path(os.path.realpath(path))
        if target.exists() and not target.is_file():
            with target.open("wb") as handle:
                yield handle
        else:
            yield from _renamed(target)
    except OSError as error:
        raise DataError(f"cannot write {path}: {error.strerror or error}") from error


def _renamed(target: Path) -> Iterator[BinaryIO]:
    """A handle on a file beside the target, which is then renamed to it."""
    import secrets

    temporary = target.with_name(f".valuekit-{secrets.token_hex(8)}.tmp")
    try:
        with temporary.open("xb") as handle:
            yield handle
            handle.flush()
            os.fsync(handle.fileno())
        if target.exists():
            shutil.copymode(target, temporary)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
