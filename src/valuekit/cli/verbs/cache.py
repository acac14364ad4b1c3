"""`valuekit cache info` and `valuekit cache clear`: what the cache holds, and forgetting it."""

import sys
from typing import Annotated

import typer

from valuekit.cli import listing
from valuekit.cli.session import Session
from valuekit.cli.verbs.status import FormatFlag
from valuekit.errors import UsageError

INFO_EXAMPLE = "valuekit cache info"
CLEAR_EXAMPLE = "valuekit cache clear --yes"


def info(session: Session, *, layout: FormatFlag = None) -> None:
    """Show where the cache is, its size, format and contents."""
    listing.write_record(session, "cache", session.workspace.cache_info(), layout)


def clear(
    session: Session,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; needed where there is no terminal.")] = False,
) -> None:
    """Delete all facts, states and ledgers of the cache; the source files stay.

    The next ingest lands everything again. Facts whose files are gone are lost.
    """
    workspace = session.workspace
    folder = workspace.folder
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError(f"cache clear deletes {folder}. Say --yes where there is no terminal to ask")
        if not typer.confirm(f"Delete all facts and states in {folder}?", err=True):
            session.narrator.say("nothing is deleted", event="kept")
            return
    workspace.clear()
    session.narrator.say(f"cleared {folder}", event="cleared")
