"""`valuekit init`: write a commented config, one to start from or one that fits a sample."""

from pathlib import Path
from typing import Annotated

import typer

from valuekit.cli.session import DEFAULT_CONFIG, Session
from valuekit.errors import DataError, UsageError

EXAMPLE = "valuekit init my-analysis --from exports/2026-01-01.zip"


def init(
    session: Session,
    folder: Annotated[str, typer.Argument(metavar="DIR", help="Where to; made if absent.")] = ".",
    *,
    sample: Annotated[
        str | None,
        typer.Option("--from", metavar="SAMPLE", help="Exports to fit the config to: a file, or a folder of them."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a config that is there.")] = False,
) -> None:
    """Write a commented valuekit.toml to start from, or one that fits the exports named with --from."""
    path = Path(folder) / DEFAULT_CONFIG
    if path.exists() and not force:
        raise UsageError(f"{path} exists. Say --force to overwrite it")
    if sample is not None:
        _fitted(session, path, Path(sample))
        return
    from valuekit.config.starter import TEXT

    _write(path, TEXT)
    session.narrator.say(
        f"wrote {path}. Fit its path and labels to your export, then: valuekit validate {path}", event="init"
    )


def _fitted(session: Session, path: Path, sample: Path) -> None:
    """Write a config that fits a sample, and say what it was made from and what is left to decide."""
    from valuekit.config.proposal import written
    from valuekit.pipeline.proposing import looked_at, propose
    from valuekit.validate import validate

    proposed = propose(sample, path.parent)
    text = written(proposed.proposal)
    _write(path, text)
    narrator = session.narrator
    for one in proposed.samples:
        narrator.say(f"looked at {looked_at(one)}", event="sample")
    for remark in proposed.remarks:
        narrator.warn(remark, event="undecided")
    found = validate(path, text).findings
    narrator.say(f"wrote {path}. Next: valuekit compute -c {path}", event="init")
    for finding in found:
        narrator.warn(str(finding), event="finding")


def _write(path: Path, text: str) -> None:
    from valuekit.cli.replace import replacing

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"cannot write {path}: {error.strerror}") from error
    with replacing(path) as handle:
        handle.write(text.encode())
