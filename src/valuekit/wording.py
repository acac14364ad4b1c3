"""What is said alike everywhere.

Owns the plural, and the name of the contract that every JSON document keeps. Never decides what is said.
"""

from __future__ import annotations

SCHEMA = "valuekit/1"
"""Says by which contract a JSON document is to be read."""


def counted(number: int, noun: str) -> str:
    """Say how many there are, such as "1 file" or "1,104 rows"."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
