"""Finding a source's files.

Owns the meaning of a pattern. Never opens a file, and enters a folder that links lead to once only.
"""

from __future__ import annotations

import os
from collections import deque
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def find_files(folder: Path, pattern: str) -> list[Path]:
    """Return what matches a pattern, sorted by the text of the path.

    Hidden files and folders are passed over. What matches and is no file is returned too, so that it can be named:
    dangling links, pipes, folders that may not be opened, and folders that match (`day.zip/`, but not by a bare `*`)
    without a match inside.

    Args:
        folder: where to begin; nothing is found where it does not exist.
        pattern: parts separated by "/", each with `*`, `?` and `[...]`; the part `**` stands for any number of
            folders. Letter case counts.
    """
    parts = _parts(pattern)
    begin = Path(folder.anchor or os.sep) if pattern.startswith("/") else folder
    while parts[:1] == ("..",):
        begin, parts = begin / "..", parts[1:]
    if not parts or not begin.is_dir():
        return []
    found, folders = _walk(begin, parts)
    if not parts[-1].strip("*"):
        folders.clear()
    inner = {parent for path in found for parent in path.parents}
    return sorted(found | (folders - inner), key=str)


def matches(path: Sequence[str], pattern: str) -> bool:
    """Tell whether a path, as its parts below the folder of a source, matches a pattern."""
    ahead = {_parts(pattern)}
    for name in path:
        ahead = {left for parts in ahead if parts for left in _left(name, parts)}
    return () in ahead


def _parts(pattern: str) -> tuple[str, ...]:
    return tuple(part for part in pattern.replace(os.sep, "/").split("/") if part not in {"", "."})


def _walk(begin: Path, parts: tuple[str, ...]) -> tuple[set[Path], set[Path]]:
    """Return the matches that are no folders, and the matching folders; real folders are entered before links."""
    found: set[Path] = set()
    folders: set[Path] = set()
    real, linked = deque([(begin, parts)]), deque[tuple[Path, tuple[str, ...]]]()
    entered: set[tuple[int, int, tuple[str, ...]]] = set()
    while real or linked:
        place, ahead = (real or linked).popleft()
        try:
            status = place.stat()
            state = (status.st_dev, status.st_ino, ahead)
            entries = [] if state in entered else sorted(os.scandir(place), key=lambda entry: entry.name)
        except OSError:
            found.add(place)
            continue
        entered.add(state)
        for entry in entries:
            for left in {} if entry.name.startswith(".") else set(_left(entry.name, ahead)):
                path = Path(entry.path)
                if left and _is_folder(entry):
                    (linked if entry.is_symlink() else real).append((path, left))
                elif not left:
                    (folders if _is_folder(entry) else found).add(path)
    return found, folders


def _left(name: str, parts: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Give every way to go on below something of this name: the parts of the pattern that are left, none at a match."""
    if parts[0] == "**":
        yield parts
        yield from _left(name, parts[1:]) if parts[1:] else [()]
    elif fnmatchcase(name, parts[0]):
        yield parts[1:]


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Say whether it is a folder; what cannot be told is none, and is named as unreadable when it is opened."""
    try:
        return entry.is_dir()
    except OSError:
        return False
