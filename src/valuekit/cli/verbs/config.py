"""`valuekit config`: what a config says in effect, its canonical form, its schema, and what changed."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from valuekit.cli import listing
from valuekit.cli.complete import run_names
from valuekit.cli.findings import InvalidConfigError, accepted
from valuekit.cli.named import LATEST, Named, named
from valuekit.cli.replace import replacing
from valuekit.cli.session import Session
from valuekit.cli.verbs.status import FormatFlag
from valuekit.errors import DataError, UsageError

SHOW_EXAMPLE = "valuekit config show --origin"
FORMAT_EXAMPLE = "valuekit config format --check"
SCHEMA_EXAMPLE = "valuekit config schema -o valuekit.schema.json"
DIFF_EXAMPLE = "valuekit config diff valuekit.toml new.toml --values"
HISTORY_EXAMPLE = "valuekit config history"
RESTORE_EXAMPLE = "valuekit config restore @12 -o before.toml"

STDOUT = "-"

OutputFlag = Annotated[
    str | None, typer.Option("--output", "-o", metavar="FILE", help="Write to a file; - is stdout.", show_default=False)
]


def show(
    session: Session,
    ctx: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="CONFIG",
            help="A config, or @RUN for that of a run; none: the one in use.",
            show_default=False,
            autocompletion=run_names,
        ),
    ] = None,
    *,
    origin: Annotated[
        bool,
        typer.Option("--origin", help="Say of each value if a flag, the environment, the file or a default set it."),
    ] = False,
    layout: Annotated[
        Literal["toml", "json"] | None,
        typer.Option("--format", help="How to write the values; default: toml.", show_default=False),
    ] = None,
) -> None:
    """Show the values of a config with every default filled in, as TOML or JSON.

    Of a run, the text of its config as it was; with --origin or --format, its values. A config holds no secrets: those
    come from the environment only, and are never shown.
    """
    from valuekit.cli import effective

    chosen = named(session, name)
    if name is not None and name.startswith("@") and layout is None and not origin:
        session.out.write(str(chosen.text))
        return
    config = accepted(chosen.check(), session.narrator)
    values = effective.values(session, ctx, config, chosen.name)
    session.out.write(
        effective.as_json(values, origin=origin) if layout == "json" else effective.as_toml(values, origin=origin)
    )


def format_(
    session: Session,
    configs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="CONFIG", help="Configs to format, - for stdin; none: the one in use.", show_default=False
        ),
    ] = None,
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit with 1 when a config would change.")
    ] = False,
    output: OutputFlag = None,
) -> None:
    """Rewrite configs in their canonical form, in place; stdin goes to stdout.

    Values and comments stay what they are; where a comment had no place, nothing is written.
    """
    from valuekit.config.canonical import canonical

    names = list(configs or (session.config_path,))
    if output is not None and (check or len(names) > 1):
        raise UsageError("--output takes one config, and does not go with --check")
    changed = 0
    for name in names:
        chosen = named(session, name)
        before = _toml(chosen)
        after = canonical(before)
        is_same = (
            chosen.path.read_bytes() if chosen.path and chosen.text is None else before.encode()
        ) == after.encode()
        changed += not is_same
        if check:
            session.narrator.say(f"{'is canonical' if is_same else 'would change'}: {name}", event="format")
        elif output is not None or chosen.path is None or chosen.text is not None:
            _write(session, output or STDOUT, after)
        elif not is_same:
            _write(session, str(chosen.path), after)
            session.narrator.say(f"formatted {name}", event="format")
    if check and changed:
        raise typer.Exit(1)


def schema(session: Session, *, output: OutputFlag = None) -> None:
    """Write the JSON Schema of a config, for editors: names, types, choices, defaults and descriptions.

    docs/ci.md says how to set up an editor.
    """
    import json

    from valuekit.config.schema import json_schema

    _write(session, output or STDOUT, json.dumps(json_schema(), ensure_ascii=False, indent=2) + "\n")


def diff(
    session: Session,
    old: Annotated[
        str, typer.Argument(metavar="A", help="A config, or @RUN for that of a run.", autocompletion=run_names)
    ],
    new: Annotated[
        str | None,
        typer.Argument(
            metavar="B",
            help="What to compare it with; none: the config in use.",
            show_default=False,
            autocompletion=run_names,
        ),
    ] = None,
    *,
    numbers: Annotated[
        bool,
        typer.Option("--values", help="Also compare the total scores of both on one cache, which stays as it is."),
    ] = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit with 1 when anything differs.")] = False,
    layout: Annotated[Literal["text", "json"], typer.Option("--format", help="How to write.")] = "text",
) -> None:
    """Say what differs from config A to config B, section by section: added, removed and changed keys.

    With --values: what the change would do to the numbers, by the cache of A, else of B, else of the config in use;
    metrics that it cannot answer are named.
    """
    from valuekit.cli import changes

    first, second = named(session, old), named(session, new)
    found = changes.between(_toml(first), _toml(second))
    comparison = changes.compared(session, first, second) if numbers else None
    if layout == "json":
        session.out.write(changes.as_json(first.name, second.name, found, comparison))
    else:
        changes.write_text(session, found, comparison)
    if not found:
        session.narrator.say(f"{first.name} and {second.name} say the same", event="diff")
    if exit_code and found:
        session.out.flush()
        raise typer.Exit(1)


def history(
    session: Session,
    *,
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="The latest N runs.")] = 20,
    layout: FormatFlag = None,
) -> None:
    """List the runs with the fingerprint of the config that each was made with, and what changed; latest first.

    JSON has the texts, too. The configs lie in the cache; they hold no secrets, which come from the environment only.
    """
    from valuekit.cli import changes

    columns, rows = changes.history(session, texts=layout == "json")
    listing.write_rows(session, "history", columns, rows[:limit], layout)
    if not rows:
        session.narrator.warn("there are no runs yet", event="empty")


def restore(
    session: Session,
    run: Annotated[
        str, typer.Argument(metavar="@RUN", help="The run whose config to write.", autocompletion=run_names)
    ],
    *,
    output: OutputFlag = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that is there.")] = False,
) -> None:
    """Write the config of a run back, byte for byte, to the config in use or to a file.

    A file that is there stays as it is without --force.
    """
    if not run.startswith("@"):
        raise UsageError(f'"{run}" is no run: write @{run} for run {run}, or {LATEST}')
    chosen = named(session, run)
    text, target = str(chosen.text), output or str(chosen.path)
    if target != STDOUT and Path(target).exists():
        if Path(target).is_file() and Path(target).read_bytes() == text.encode():
            session.narrator.say(f"{target} is the config of {chosen.name} already", event="restored")
            return
        if not force:
            raise UsageError(
                f"{target} exists and differs (`valuekit config diff {chosen.name} {target}`). "
                "Say --force to overwrite it, or name another file with -o"
            )
    _write(session, target, text)
    if target != STDOUT:
        session.narrator.say(f"wrote the config of {chosen.name} to {target}", event="restored")


def _toml(chosen: Named) -> str:
    """The text of a config that is TOML.

    Raises:
        InvalidConfigError: it is none.
    """
    from valuekit.config.collect import Collector
    from valuekit.config.document import read_document
    from valuekit.validate.formats.outcome import message, place

    collector = Collector(chosen.name)
    tree = read_document(chosen.path, chosen.text, collector)
    errors = [finding for finding in collector.in_order() if finding.severity == "error"]
    if tree is None or errors:
        raise InvalidConfigError([(f"{place(finding)}: {message(finding)}", finding.rule) for finding in errors])
    return collector.text


def _write(session: Session, target: str, text: str) -> None:
    if target == STDOUT:
        session.out.write(text)
        return
    if Path(target).is_dir():
        raise DataError(f"{target} is a folder; name a file")
    with replacing(Path(target)) as file:
        file.write(text.encode())
