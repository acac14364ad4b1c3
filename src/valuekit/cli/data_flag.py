"""`validate --data`, with or without a path: how the flag is read, and what it does.

Owns the flag's two forms. Never looks at data: `valuekit.pipeline.profiling` does.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from typer.core import TyperCommand

from valuekit.cli.findings import standard_input

if TYPE_CHECKING:
    from collections.abc import Sequence

    from valuekit.cli.session import Session
    from valuekit.config.load import Checked

FLAG = "--data"


class DataCommand(TyperCommand):
    """A verb whose `--data` may stand alone."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401  # it has no public name
        """Parse the arguments; a `--data` that stands alone gets an empty value."""
        return super().parse_args(ctx, completed(args))


def completed(args: Sequence[str]) -> list[str]:
    """Give a `--data` without a path an empty one: at the end, before another flag, or before a config.

    Args:
        args: what follows the verb's name; a file that ends with `.toml`, and `-`, is a config.
    """
    done: list[str] = []
    for at, arg in enumerate(args):
        if arg == "--":
            return [*done, *args[at:]]
        following = args[at + 1] if at + 1 < len(args) else None
        alone = following is None or following.startswith("-") or following.lower().endswith(".toml")
        done.append(f"{FLAG}=" if arg == FLAG and alone else arg)
    return done


def check_with_data(session: Session, config: str, data: Sequence[str]) -> Checked:
    """Check one config against data, and say how much of it was looked at.

    Args:
        session: of the command line.
        config: the path of the config, `-` for standard input.
        data: files or folders; those that are empty texts stand for the files of the config.

    Raises:
        DataError: a path does not exist.
    """
    from valuekit.pipeline.profiling import check_data

    cache = session.options.cache
    with session.progress() as progress:
        found = check_data(
            None if config == "-" else Path(config),
            standard_input() if config == "-" else None,
            data=[Path(path) for path in data if path],
            cache_dir=None if cache is None else Path(cache).absolute(),
            progress=progress,
        )
    for note in found.notes:
        session.narrator.say(note, event="data")
    return found.checked
