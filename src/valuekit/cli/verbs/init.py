"""`valuekit init`: write a commented config."""

from pathlib import Path
from typing import Annotated

import typer

from valuekit.cli.session import DEFAULT_CONFIG, Session
from valuekit.errors import DataError, UsageError

EXAMPLE = "valuekit init my-analysis"


def init(
    session: Session,
    folder: Annotated[str, typer.Argument(metavar="DIR", help="Where to; made if absent.")] = ".",
    *,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a config that is there.")] = False,
) -> None:
    """Write a commented valuekit.toml to start from."""
    from valuekit.config.starter import TEXT

    path = Path(folder) / DEFAULT_CONFIG
    if path.exists() and not force:
        raise UsageError(f"{path} exists. Say --force to overwrite it")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(TEXT, encoding="utf-8")
    except OSError as error:
        raise DataError(f"cannot write {path}: {error.strerror}") from error
    session.narrator.say(
        f"wrote {path}. Fit its path and labels to your export, then: valuekit validate {path}", event="init"
    )
