"""The configs of past runs, each kept once under a fingerprint of its text.

Owns the folder of these files. A config holds no secrets: those come from the environment only, so that its text may
lie beside the numbers that were made with it.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = "configs"
_FINGERPRINT = re.compile(r"[0-9a-f]{32}")


def fingerprint(text: str) -> str:
    """The first 128 bits of the SHA-256 of a config's text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class PastConfigs:
    """The kept configs of a cache folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / FOLDER

    def keep(self, text: str) -> str:
        """Keep a text, whole or not at all, and return its fingerprint."""
        name = fingerprint(text)
        if self.text(name) is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            draft = self._folder / f"{name}.draft"
            draft.write_bytes(text.encode())
            draft.replace(self._file(name))
        return name

    def text(self, name: str) -> str | None:
        """Give a text back, exactly as it was; None where it is not there or has been tampered with."""
        if not _FINGERPRINT.fullmatch(name):
            return None
        try:
            found = self._file(name).read_bytes().decode()
        except (FileNotFoundError, UnicodeDecodeError):
            return None
        return found if fingerprint(found) == name else None

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}.toml"
