"""The demo folder: a synthetic export, holdings, a config that fits them, and the page that is made of them.

Owns the folder's layout, and which of its files are the demo's own. Never runs anything on them.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from importlib.resources import files
from typing import TYPE_CHECKING

from valuekit.errors import DataError, UsageError
from valuekit.synthetic.history import generate_history
from valuekit.synthetic.holdings import generate_holdings

if TYPE_CHECKING:
    from pathlib import Path

_START = date(2026, 1, 1)
_CONFIG = "valuekit.toml"
_PAGE = "valuekit.html"
_RECORD = ".demo.json"
_CACHE = ".valuekit"
_MOST_DAYS = 3_650


def write_demo(folder: Path, rows: int = 100_000, days: int = 14, seed: int = 7) -> Path:
    """Write `exports/*.zip`, `holdings/holdings.json` and a commented `valuekit.toml`; an earlier demo is replaced.

    What the demo wrote is recorded in `.demo.json`. When the data changes, the earlier demo's cache is removed with it.

    Args:
        folder: made if missing; else empty, or an earlier demo.
        rows: about how many rows of history.
        days: how many days of it, from 2026-01-01 on.
        seed: of all chance.

    Returns:
        The path of the config.

    Raises:
        UsageError: no rows, a negative seed, or days out of range.
        DataError: the folder holds files that the demo did not write, or its config was changed.
    """
    if rows < 1 or seed < 0 or not 1 <= days <= _MOST_DAYS:
        raise UsageError(f"a demo needs at least one row, 1 to {_MOST_DAYS} days and a seed from 0 on")
    text = files("valuekit.synthetic").joinpath("demo.toml").read_bytes()
    record = _Record(rows, days, seed, hashlib.sha256(text).hexdigest())
    _make_room(folder, record)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _RECORD).write_text(json.dumps(asdict(record)) + "\n", encoding="utf-8")
    generate_history(folder / "exports", rows=rows, days=days, start=_START, seed=seed)
    generate_holdings(folder / "holdings", customers=max(10, rows // 50), seed=seed, end=_START)
    (folder / _CONFIG).write_bytes(text)
    return folder / _CONFIG


@dataclass(frozen=True)
class _Record:
    """What an earlier demo was made from, and the SHA-256 of its config."""

    rows: int
    days: int
    seed: int
    config: str

    @property
    def files(self) -> frozenset[str]:
        """The demo's own files, relative to its folder."""
        exports = (f"exports/{_START + timedelta(days=day):%Y-%m-%d}.zip" for day in range(self.days))
        return frozenset([_RECORD, _CONFIG, _PAGE, "holdings/holdings.json", *exports])


def _make_room(folder: Path, record: _Record) -> None:
    """Remove an earlier demo, and its cache unless the data stays the same; raise if anything else is in the way."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder; name another one for the demo")
    earlier = _earlier(folder)
    own = earlier.files if earlier else frozenset()
    present = (path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_symlink() or not path.is_dir())
    for path in present:
        if path.as_posix() not in own and not (earlier and _CACHE in map(str, path.parents)):
            raise DataError(f"{folder} holds {path.as_posix()}, which the demo did not write; name another folder")
    config = folder / _CONFIG
    if earlier and config.is_file() and hashlib.sha256(config.read_bytes()).hexdigest() != earlier.config:
        raise DataError(f"{config} was changed since the demo wrote it; name another folder, or remove it")
    if earlier != record and (folder / _CACHE).is_dir():
        shutil.rmtree(folder / _CACHE)
    for name in own:
        (folder / name).unlink(missing_ok=True)


def _earlier(folder: Path) -> _Record | None:
    """The record that an earlier demo left, if there is one."""
    try:
        found = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
        record = _Record(int(found["rows"]), int(found["days"]), int(found["seed"]), str(found["config"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{folder / _RECORD} is not the record of a demo; name another folder") from error
    if not 1 <= record.days <= _MOST_DAYS:
        raise DataError(f"{folder / _RECORD} is not the record of a demo; name another folder")
    return record
