"""Opening one file safely, and saying in plain words why it cannot be read.

Owns the refusal of everything that is not a regular file, and the translation of low-level errors into
`UnreadableFileError`. Never looks at a file's content.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager
from lzma import LZMAError
from typing import TYPE_CHECKING
from zipfile import BadZipFile
from zlib import error as ZlibError  # noqa: N812 -- zlib's own name says nothing about zlib

from valuekit.errors import UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import FileIO
    from pathlib import Path

_DAMAGED = "its compressed data is damaged"
_KINDS = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class DamageError(Exception):
    """Why a file cannot be read, without its path; becomes an `UnreadableFileError` where the path is known."""


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Turn every way in which reading a file fails into an error that names the file.

    Args:
        path: the file, as the user would name it.

    Raises:
        UnreadableFileError: the file is damaged, or the operating system refuses it.
    """
    try:
        yield
    except DamageError as error:
        raise UnreadableFileError(str(path), str(error)) from error
    except (ZlibError, LZMAError, BadZipFile, EOFError) as error:
        raise UnreadableFileError(str(path), _DAMAGED) from error
    except OSError as error:
        damaged = error.errno is None  # bz2 raises such a one for bad data
        raise UnreadableFileError(str(path), _DAMAGED if damaged else _refusal(error)) from error


def open_regular(path: Path) -> FileIO:
    """Open a regular file for reading, without ever waiting for one that is not.

    Args:
        path: the file; links are followed.

    Raises:
        DamageError: it is a folder, a pipe, a device, or a link that leads nowhere.
        OSError: the operating system refuses it.
    """
    check_regular(path)
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    descriptor = os.open(path, flags)
    try:
        _check_mode(os.fstat(descriptor).st_mode)
        return open(descriptor, "rb", buffering=0)  # noqa: PTH123 -- handed to the caller, who closes it
    except BaseException:
        os.close(descriptor)
        raise


def check_regular(path: Path) -> None:
    """Refuse everything that is not a regular file.

    Args:
        path: the file; links are followed.

    Raises:
        DamageError: it is a folder, a pipe, a device, or a link that leads nowhere.
        OSError: the operating system refuses even to say what it is.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise DamageError("a link that leads nowhere" if path.is_symlink() else "there is no such file") from None
    if stat.S_ISDIR(mode) and not os.access(path, os.R_OK | os.X_OK):
        raise DamageError("a folder that may not be opened")
    _check_mode(mode)


def _check_mode(mode: int) -> None:
    if stat.S_ISREG(mode):
        return
    if stat.S_ISDIR(mode):
        raise DamageError("a folder, not a file")
    kind = next((words for test, words in _KINDS if test(mode)), "not a regular file")
    raise DamageError(f"{kind}, not a file")


def _refusal(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "no permission to read it"
    if error.errno == errno.ELOOP:
        return "a link that leads to itself"
    return f"it cannot be read: {(error.strerror or 'for an unknown reason').lower()}"
