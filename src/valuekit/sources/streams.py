"""Byte streams over one file: plain, part of it, inflated, and with a look at the first bytes.

Owns decompression in bounded memory, checksums, and the guard against decompression bombs. Never writes to disk and
never interprets what comes out.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from valuekit.sources.opening import DamageError

if TYPE_CHECKING:
    from io import FileIO

GZIP = b"\x1f\x8b"
HEAD = 1 << 16
"""Bytes that are looked at to tell what a stream holds."""
_BLOCK = 1 << 18
_SMALL_BLOCK = 1 << 16
FREE_BYTES = 256 << 20
"""Inflated bytes below which no ratio is judged: that much is cheap to read, whatever it came from."""
MAX_RATIO = 200
"""Inflated to compressed bytes, judged beyond `FREE_BYTES`. Real exports reach 61, a bomb of deflate 1032."""


class Stream(Protocol):
    """Something that gives bytes in order."""

    def read(self, size: int, /) -> bytes:
        """Return at least one and at most `size` bytes, or none at the end."""


@dataclass
class Meter:
    """Counts what was taken from the file itself, so that nested inflation is judged by what it really came from."""

    taken: int = 0

    def judge(self, made: int) -> None:
        """Stop a decompression bomb.

        Args:
            made: bytes inflated so far.

        Raises:
            DamageError: too many bytes came from too few.
        """
        if made > FREE_BYTES and made > MAX_RATIO * self.taken:
            raise DamageError(
                f"it inflates to more than {MAX_RATIO} times its size, as a decompression bomb does"
                f" (stopped after {made >> 20:,} MB)"
            )


class FilePart:
    """The bytes of an open file from one offset on, up to a length or to the end."""

    def __init__(self, file: FileIO, meter: Meter, start: int = 0, length: int | None = None) -> None:
        self._file = file
        self._meter = meter
        self._at = start
        self._left = length

    def read(self, size: int, /) -> bytes:
        """Return the next bytes; a part that is shorter than announced raises `DamageError`."""
        wanted = size if self._left is None else min(size, self._left)
        if not wanted:
            return b""
        self._file.seek(self._at)
        data = self._file.read(wanted) or b""
        if self._left is not None:
            if not data:
                raise DamageError("it is cut off")
            self._left -= len(data)
        self._at += len(data)
        self._meter.taken += len(data)
        return data


class _Inflater(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def hungry(self) -> bool: ...
    def inflate(self, data: bytes, limit: int) -> bytes: ...


class _Zlib:
    def __init__(self, window: int) -> None:
        self._inflater = zlib.decompressobj(window)

    @property
    def eof(self) -> bool:
        return self._inflater.eof

    @property
    def hungry(self) -> bool:
        return not self._inflater.unconsumed_tail

    @property
    def rest(self) -> bytes:
        return self._inflater.unused_data

    def inflate(self, data: bytes, limit: int) -> bytes:
        return self._inflater.decompress(data or self._inflater.unconsumed_tail, limit)


class _Block:
    def __init__(self, inflater: bz2.BZ2Decompressor | lzma.LZMADecompressor) -> None:
        self._inflater = inflater

    @property
    def eof(self) -> bool:
        return self._inflater.eof

    @property
    def hungry(self) -> bool:
        return self._inflater.needs_input

    def inflate(self, data: bytes, limit: int) -> bytes:
        return self._inflater.decompress(data, limit)


def deflated() -> _Inflater:
    """Return an inflater for the raw deflate of a zip member."""
    return _Zlib(-zlib.MAX_WBITS)


def bzipped() -> _Inflater:
    """Return an inflater for bzip2."""
    return _Block(bz2.BZ2Decompressor())


def lzma_of_zip(source: Stream) -> _Inflater:
    """Return an inflater for the LZMA of a zip member, whose properties stand before the data (APPNOTE 5.8.8).

    Args:
        source: the member's bytes from their start; its nine-byte header is taken from it.
    """
    header = read_exactly(source, 4)
    properties = read_exactly(source, int.from_bytes(header[2:4], "little"))
    if len(properties) != 5:
        raise DamageError("its compressed data is damaged")
    literal, power = properties[0], int.from_bytes(properties[1:5], "little")
    position, rest = divmod(literal, 45)
    filters = [
        {
            "id": lzma.FILTER_LZMA1,
            "lc": rest % 9,
            "lp": rest // 9,
            "pb": position,
            "dict_size": min(max(power, 4096), FREE_BYTES),
        }
    ]
    return _Block(lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=filters))


class Inflated:
    """The inflated bytes of one compressed stream."""

    def __init__(self, source: Stream, inflater: _Inflater, meter: Meter, *, ends: bool = True) -> None:
        """Prepare to inflate.

        Args:
            source: the compressed bytes.
            inflater: what inflates them.
            meter: what was taken from the file.
            ends: the compression marks its end, so that its absence is damage.
        """
        self._source = source
        self._inflater = inflater
        self._meter = meter
        self._ends = ends
        self._made = 0

    def read(self, size: int, /) -> bytes:
        """Return the next inflated bytes; a stream without its end raises `DamageError`."""
        while not self._inflater.eof:
            data = self._source.read(_BLOCK) if self._inflater.hungry else b""
            last = self._inflater.hungry and not data
            out = self._inflater.inflate(data, size)
            if out:
                self._made += len(out)
                self._meter.judge(self._made)
                return out
            if last:
                if self._ends:
                    raise DamageError("its compressed data is cut off")
                break
        return b""


class Gunzipped:
    """The inflated bytes of a gzip stream of one or many members (RFC 1952); zlib itself checks length and CRC.

    It takes small blocks, because a block is copied once for every member that ends in it.
    """

    def __init__(self, source: Stream, meter: Meter) -> None:
        self._source = source
        self._meter = meter
        self._inflater: _Zlib | None = None
        self._held = b""
        self._members = 0
        self._made = 0

    def read(self, size: int, /) -> bytes:
        """Return the next inflated bytes; damage of any kind raises `DamageError`."""
        while self._inflater is not None or self._next_member():
            inflater = self._inflater
            if inflater is None:
                break
            data = b""
            if inflater.hungry:
                data, self._held = self._held or self._source.read(_SMALL_BLOCK), b""
            out = self._inflate(inflater, data, size)
            if inflater.eof:
                self._held, self._inflater = inflater.rest, None
            elif not (out or data) and inflater.hungry:
                raise DamageError("its gzip data is cut off")
            if out:
                self._made += len(out)
                self._meter.judge(self._made)
                return out
        return b""

    def _next_member(self) -> bool:
        if self._members:
            self._skip_padding()
        self._held = self._held or self._source.read(_SMALL_BLOCK)
        if not self._held:
            return False
        if len(self._held) == 1:
            self._held += self._source.read(_SMALL_BLOCK)
        if self._members and not self._held.startswith(GZIP):
            raise DamageError("bytes that are not gzip follow its gzip data")
        self._members += 1
        self._inflater = _Zlib(zlib.MAX_WBITS | 16)
        return True

    def _skip_padding(self) -> None:
        self._held = self._held.lstrip(b"\0")
        while not self._held and (data := self._source.read(_SMALL_BLOCK)):
            self._held = data.lstrip(b"\0")

    @staticmethod
    def _inflate(inflater: _Zlib, data: bytes, size: int) -> bytes:
        try:
            return inflater.inflate(data, size)
        except zlib.error as error:
            wrong_sum = "incorrect" in str(error)
            raise DamageError("its gzip checksum is wrong" if wrong_sum else "its gzip data is damaged") from error


class Checked:
    """A stream whose length and CRC-32 are known beforehand and compared at its end."""

    def __init__(self, source: Stream, length: int, checksum: int) -> None:
        self._source = source
        self._left = length
        self._expected = checksum
        self._checksum = 0

    def read(self, size: int, /) -> bytes:
        """Return the next bytes; a wrong length or checksum raises `DamageError`."""
        data = self._source.read(size)
        self._left -= len(data)
        if self._left < 0 or (not data and self._left):
            raise DamageError("a member's length is not what the archive says")
        self._checksum = zlib.crc32(data, self._checksum)
        if not data and self._checksum != self._expected:
            raise DamageError("a member's checksum (CRC) is wrong")
        return data


class Peeked:
    """A stream whose first bytes can be looked at before they are read."""

    def __init__(self, source: Stream) -> None:
        parts = []
        wanted = HEAD
        while wanted and (data := source.read(wanted)):
            parts.append(data)
            wanted -= len(data)
        self._source = source
        self.head = b"".join(parts)
        self._unread = self.head

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, the head among them."""
        if self._unread:
            data, self._unread = self._unread[:size], self._unread[size:]
            return data
        return self._source.read(size)


def read_exactly(source: Stream, size: int) -> bytes:
    """Return exactly `size` bytes.

    Raises:
        DamageError: the stream ends before.
    """
    parts = []
    while size:
        data = source.read(size)
        if not data:
            raise DamageError("it is cut off")
        parts.append(data)
        size -= len(data)
    return b"".join(parts)
