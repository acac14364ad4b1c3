"""The name that was probably meant.

Owns the comparison of a misspelt name with the valid ones. Never decides whether a name is valid.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from valuekit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_LONGEST = 80


def nearest(name: str, valid: Iterable[str], likeness: float = 0.6) -> str | None:
    """Find the valid name that resembles `name` most, whatever its case; None where nothing is close.

    Names of more than 80 characters are not compared: nobody misspells those, and the comparison is quadratic.

    Args:
        name: the name as written.
        valid: the names that there are.
        likeness: how much of both names must be the same, 0 to 1.
    """
    if len(name) > _LONGEST:
        return None
    folded: dict[str, str] = {}
    for candidate in valid:
        folded.setdefault(candidate.casefold(), candidate)
    wanted = name.strip().casefold()
    if wanted in folded:
        return folded[wanted]
    plural = next((folded[other] for other in (f"{wanted}s", wanted.removesuffix("s")) if other in folded), None)
    if plural is not None:
        return plural
    close = difflib.get_close_matches(wanted, folded, n=1, cutoff=likeness)
    return folded[close[0]] if close else None


def unknown(what: str, name: str, known: Sequence[str], remedy: str | None = None) -> UsageError:
    """The error for a name that does not exist: it gives the nearest one, else the remedy, else all there are."""
    near = nearest(name, known)
    hint = f'Did you mean "{near}"?' if near else remedy or f"There are: {', '.join(known)}."
    return UsageError(f'there is no {what} "{name}". {hint}')
