"""A map of segments of one's own: `[metrics.<name>.rfm_segments]`.

Owns its shape. A segment is a name and the quartiles that belong to it, written as a code such as "444" (R, F, M; 4 is
best), as a list of codes, or as a table of r, f and m, each a quartile or a list of them and any quartile where it is
left out. The first segment that fits a customer wins.
"""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING

from valuekit.config.findings import quoted
from valuekit.config.shapes import shaped
from valuekit.config.values import shown, table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from valuekit.config.collect import Place

_QUARTILES = (1, 2, 3, 4)
_CODE = re.compile(r"[1-4]{3}")
_SHAPE = 'a code such as "444", a list of codes, or a table such as { r = [3, 4], f = 4 }'


@shaped(
    {
        "type": "object",
        "minProperties": 1,
        "additionalProperties": {
            "type": ["string", "array", "object"],
            "pattern": "^[1-4]{3}$",
            "items": {"type": "string", "pattern": "^[1-4]{3}$"},
            "properties": {
                key: {"type": ["integer", "array"], "items": {"enum": [1, 2, 3, 4]}} for key in ("r", "f", "m")
            },
            "additionalProperties": False,
        },
    }
)
def segments(value: object, place: Place) -> Mapping[str, tuple[str, ...]] | None:
    """Read a map of segments.

    Returns:
        By segment, in the order of the config, the codes that belong to it alone.
    """
    entries = table(value, place)
    if entries is None:
        return None
    if not entries:
        place.report_key("VK417", f"{place.key} names no segment")
        return None
    taken: set[str] = set()
    found: dict[str, tuple[str, ...]] = {}
    for name, entry in entries.items():
        codes = _codes(entry, place / name)
        if codes is None:
            return None
        own = tuple(code for code in codes if code not in taken)
        if not own:
            (place / name).report_key("VK418", f"the segment {quoted(name)} is never reached: others before it fit")
        taken |= set(own)
        found[name] = own
    missing = [code for code in map("".join, product("1234", repeat=3)) if code not in taken]
    if missing:
        few = ", ".join(missing[:3]) + (", ..." if len(missing) > 3 else "")
        said = f"{len(missing)} of 64 combinations of quartiles have no segment: {few}"
        place.report_key("VK418", f"{said}; a last segment with the value {{}} takes what is left")
    return found


def _codes(entry: object, place: Place) -> list[str] | None:
    """The codes of one segment; what is wrong is reported."""
    if isinstance(entry, dict):
        return _combinations(entry, place)
    listed = entry if isinstance(entry, list) and entry else [entry]
    for at, code in enumerate(listed):
        if not isinstance(code, str) or not _CODE.fullmatch(code):
            wrong = place / at if isinstance(entry, list) and entry else place
            wrong.report("VK417", f"a segment is {_SHAPE}, not {shown(code)}; quartiles are 1 to 4")
            return None
    return [code for code in listed if isinstance(code, str)]


def _combinations(entry: Mapping[str, object], place: Place) -> list[str] | None:
    for name in entry:
        if name not in ("r", "f", "m"):
            (place / name).report_key("VK417", f"a segment has the keys r, f and m, not {quoted(name)}")
            return None
    parts = [_quartiles(entry.get(name, list(_QUARTILES)), place / name) for name in ("r", "f", "m")]
    return None if None in parts else ["".join(map(str, code)) for code in product(*filter(None, parts))]


def _quartiles(value: object, place: Place) -> list[int] | None:
    listed = value if isinstance(value, list) and value else [value]
    found = [part for part in listed if type(part) is int and part in _QUARTILES]
    if len(found) == len(listed):
        return found
    wrong = next(part for part in listed if part not in found or type(part) is not int)
    place.report("VK417", f"{place.key} takes quartiles from 1 to 4, not {shown(wrong)}")
    return None
