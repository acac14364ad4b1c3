"""How numbers of things are said.

Owns the plural. Never decides what is said.
"""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """Say how many there are, such as "1 file" or "1,104 rows"."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
