"""What a file holds: itself, or the members of the archive that it is.

Owns the layers (zip, tar, gzip, told apart by content) and which members are nobody's data. Never trusts a member's
name, and never interprets a member's text.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from valuekit.sources.opening import DamageError
from valuekit.sources.streams import GZIP, FilePart, Gunzipped, Meter, Peeked
from valuekit.sources.tars import is_tar, tar_members
from valuekit.sources.zips import STARTS, zip_members

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import FileIO

_MAX_LAYERS = 3
_LONGEST_NAME = 120
_LITTER_FOLDERS = frozenset({"__MACOSX", "META-INF"})
_LITTER_FILES = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})


@dataclass(frozen=True)
class Member:
    """One stream of text in a file.

    Attributes:
        name: its name in the archive as it may be shown to a person, None where the file is no archive.
        stream: its bytes.
    """

    name: str | None
    stream: Peeked


def members(file: FileIO) -> Iterator[Member]:
    """Give what the file holds, member by member; one is over when the next is asked for.

    Args:
        file: an open regular file.

    Raises:
        DamageError: the archive is damaged, encrypted, empty or a bomb.
    """
    meter = Meter()
    whole = Peeked(FilePart(file, meter))
    if not whole.head:
        raise DamageError("an empty file")
    if whole.head.startswith(STARTS) or (not _is_layer(whole.head) and zipfile.is_zipfile(file)):
        for name, stream in zip_members(file, meter):
            if not _is_litter(name):
                yield from _unpacked(_shown(name), Peeked(stream), meter, 1)
    else:
        yield from _unpacked(None, whole, meter, 0)


def _unpacked(name: str | None, stream: Peeked, meter: Meter, layers: int) -> Iterator[Member]:
    if stream.head.startswith(STARTS) or (_is_layer(stream.head) and layers >= _MAX_LAYERS):
        raise DamageError("an archive within an archive; unpack the outer one")
    if stream.head.startswith(GZIP):
        yield from _unpacked(name, Peeked(Gunzipped(stream, meter)), meter, layers + 1)
    elif is_tar(stream.head):
        for inside, contents in tar_members(stream):
            if not _is_litter(inside):
                yield from _unpacked(_shown(inside), Peeked(contents), meter, layers + 1)
    else:
        yield Member(name, stream)


def _is_layer(head: bytes) -> bool:
    return head.startswith(GZIP) or is_tar(head)


def _is_litter(name: str) -> bool:
    """Say whether packing tools leave such a member behind: macOS resource forks, Java manifests."""
    parts = name.replace("\\", "/").split("/")
    return parts[0] in _LITTER_FOLDERS or parts[-1] in _LITTER_FILES or parts[-1].startswith("._")


def _shown(name: str) -> str:
    shown = "".join(letter if letter.isprintable() else "?" for letter in name)
    return shown if len(shown) <= _LONGEST_NAME else f"{shown[: _LONGEST_NAME - 1]}…"
