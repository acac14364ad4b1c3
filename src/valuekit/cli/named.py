"""Configs as a command line names them: a file, standard input, or `@12` for what run 12 was made with.

Owns these names, and where the cache with past configs is even when the config of today cannot be read. Never writes.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from valuekit.errors import UsageError

if TYPE_CHECKING:
    from valuekit.cache.runs import Run
    from valuekit.cli.session import Session
    from valuekit.config.load import Checked

STDIN = "-"
LATEST = "@latest"
_RUN = re.compile(r"@(\d{1,9})")


@dataclass(frozen=True)
class Named:
    """A config that was named.

    Attributes:
        name: as the user named it.
        path: its file, or where it would be; relative paths in it are relative to that folder. None for standard input.
        text: what is in it, or its bytes; None where the file is still to be read.
    """

    name: str
    path: Path | None
    text: str | bytes | None

    def check(self) -> Checked:
        """Find every problem of it."""
        from valuekit.validate import validate

        return validate(self.path, self.text)


def named(session: Session, name: str | None) -> Named:
    """Find a config; None for the one in use.

    Raises:
        UsageError: there is no such run, or it kept no config.
        ConfigError: none is in use.
    """
    if name is not None and name.startswith("@"):
        run = find_run(session, name)
        return Named(f"@{run.run_id}", home_path(session), text_of(session, run))
    chosen = session.config_path if name is None else name
    if chosen == STDIN:
        from valuekit.cli.findings import standard_input

        return Named(chosen, None, standard_input())
    return Named(chosen, Path(chosen), None)


def past_runs(session: Session) -> list[Run]:
    """All runs in the ledger, oldest first."""
    from valuekit.cache.lock import is_held
    from valuekit.cache.runs import RunLedger

    folder = cache_folder(home_path(session), session.options.cache)
    return RunLedger(folder).read(locked=is_held(folder)) if folder.is_dir() else []


def find_run(session: Session, name: str) -> Run:
    """Find a run by `@12`, or by `@latest` for the last one that kept its config.

    Raises:
        UsageError: there is no such run.
    """
    runs = past_runs(session)
    if name == LATEST:
        kept = [run for run in runs if run.config is not None]
        if not kept:
            raise UsageError(
                "no run has kept its config yet; run `valuekit ingest`, then see `valuekit config history`"
            )
        return kept[-1]
    number = _RUN.fullmatch(name)
    if number is None:
        raise UsageError(f'"{name}" is no run: write @12 for run 12, or {LATEST}')
    for run in runs:
        if run.run_id == int(number[1]):
            return run
    known = f"the last one is @{runs[-1].run_id}" if runs else "there are no runs yet"
    raise UsageError(f"there is no run {name}; {known}. See `valuekit config history`")


def text_of(session: Session, run: Run) -> str:
    """The text of the config that a run was made with.

    Raises:
        UsageError: the run kept none, or it is gone from the cache.
    """
    from valuekit.cache.configs import PastConfigs

    if run.config is None:
        raise UsageError(f"run @{run.run_id} kept no config; see `valuekit config history` for runs that did")
    text = PastConfigs(cache_folder(home_path(session), session.options.cache)).text(run.config)
    if text is None:
        raise UsageError(f"the config of run @{run.run_id} is gone from the cache, or has been changed there")
    return text


def cache_folder(config: Path, cache: str | None) -> Path:
    """Where the cache of a config is: as `Workspace.folder`, and without the config's having to be in order.

    Args:
        config: the file, which need not be there.
        cache: the folder that a flag or the environment names.
    """
    if cache is not None:
        return Path(cache).absolute() / config.stem
    return config.absolute().parent / _written_cache(config) / config.stem


def _written_cache(config: Path) -> str:
    import tomllib

    try:
        section = tomllib.loads(config.read_text(encoding="utf-8-sig")).get("cache")
    except (OSError, ValueError, RecursionError):
        section = None
    written = section.get("path") if isinstance(section, dict) else None
    return written if isinstance(written, str) and "\0" not in written else ".valuekit"


def home_path(session: Session) -> Path:
    """The file of the config in use, whether it is there or not."""
    from valuekit.cli.session import DEFAULT_CONFIG

    name = session.options.config or os.environ.get("VALUEKIT_CONFIG") or DEFAULT_CONFIG
    return Path("valuekit.toml" if name == STDIN else name)
