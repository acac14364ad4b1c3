"""What a page carries so that its filters can merge states: typed columns behind a header, compressed, as text.

Owns the layout in bytes, which `reports/page/engine/payload.js` reads. Never decides what is embedded.
"""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Json: TypeAlias = "Mapping[str, Any]"

_LEVEL = 6


@dataclass(frozen=True)
class Embedded:
    """What an HTML page carries besides its document.

    Attributes:
        text: letters, digits, `+`, `/` and `=`: what `valuekitEngine.open` reads; empty where nothing can be filtered.
        warnings: what is not available under a filter, a sentence each.
    """

    text: str = ""
    warnings: tuple[str, ...] = ()


@dataclass
class Body:
    """Columns one after the other, each byte plane by byte plane: alike bytes lie together and compress well."""

    _parts: list[bytes] = field(default_factory=list)
    _size: int = 0

    def whole(self, values: NDArray[Any]) -> Json:
        """Add a column of whole numbers, each at least 0; returns where it is."""
        counts = values.astype("<u8")
        most = int(counts.max()) if counts.size else 0
        width = max(1, (most.bit_length() + 7) // 8)
        planes = counts.view(np.uint8).reshape(-1, 8)[:, :width]
        return self._added(planes, "whole", width)

    def floats(self, values: NDArray[np.float64]) -> Json:
        """Add a column of numbers, bit for bit; NaN stands for none; returns where it is."""
        return self._added(values.astype("<f8").view(np.uint8).reshape(-1, 8), "float", 8)

    def _added(self, planes: NDArray[np.uint8], kind: str, width: int) -> Json:
        place = {"at": self._size, "size": len(planes), "type": kind, "width": width}
        self._parts.append(planes.T.tobytes())
        self._size += planes.size
        return place

    def size(self) -> int:
        """About how many characters the columns make, compressed."""
        return len(zlib.compress(b"".join(self._parts), 1)) * 4 // 3

    def text(self, header: Json) -> str:
        """The columns behind a header, compressed: equal ones give equal text."""
        named = json.dumps(header, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode("ascii")
        raw = b"".join([len(named).to_bytes(4, "little"), named, *self._parts])
        return base64.b64encode(gzip.compress(raw, _LEVEL, mtime=0)).decode("ascii")
