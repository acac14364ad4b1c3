"""`valuekit validate`: every problem of a config at once."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from valuekit.cli import findings as layouts
from valuekit.cli import values
from valuekit.cli.session import Session
from valuekit.config.nearest import unknown
from valuekit.errors import DataError, UsageError

if TYPE_CHECKING:
    from valuekit.config.findings import Finding
    from valuekit.config.load import Checked

FindingsFormat = Literal["text", "json", "github"]

EXAMPLE = "valuekit validate valuekit.toml --format github --output json:findings.json"

_WRITERS: Mapping[str, Callable[[Iterable["Finding"]], str]] = {
    "text": layouts.as_text,
    "json": layouts.as_json,
    "github": layouts.as_github,
}


def validate(
    session: Session,
    configs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="CONFIG", help="Configs to check, - for stdin; none: the one in use.", show_default=False
        ),
    ] = None,
    *,
    layout: Annotated[FindingsFormat, typer.Option("--format", help="How to write findings on stdout.")] = "text",
    output: Annotated[
        list[str] | None,
        typer.Option("--output", metavar="FMT:PATH", help="Also write findings to a file; repeatable."),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as errors.")] = False,
    select: Annotated[
        list[str] | None,
        typer.Option("--select", metavar="RULE,...", help="Only these rules or families, such as VK2; repeatable."),
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option("--ignore", metavar="RULE,...", help="All but these rules or families; repeatable."),
    ] = None,
) -> None:
    """Check configs and report every problem at once: rule, place, and the nearest valid name.

    Exit code 1: there are errors, or with --strict warnings; 2: a config is missing or is no TOML at all.
    """
    wanted = _rules(select, ignore)
    files = [_target(text) for text in output or ()]
    checked = [(path, layouts.check(path)) for path in configs or (session.config_path,)]
    found = [item for _, one in checked for item in one.findings if wanted(item.rule)]
    _print(session, found, [path for path, _ in checked], layout)
    for kind, path in files:
        _save(path, _WRITERS[kind](found))
    _summarise(session, found, len(checked))
    code = _exit_code(found, [one for _, one in checked], strict=strict)
    if code:
        session.out.flush()
        raise typer.Exit(code)


def _rules(select: Sequence[str] | None, ignore: Sequence[str] | None) -> Callable[[str], bool]:
    """Which rules to report.

    Raises:
        UsageError: a name is no rule and starts none.
    """
    from valuekit.config.rules import RULES

    chosen, left_out = values.split(select), values.split(ignore)
    for prefix in (*chosen, *left_out):
        if not any(rule.startswith(prefix.upper()) for rule in RULES):
            raise unknown("rule", prefix, list(RULES), "See 'valuekit list rules'.")
    keep = tuple(prefix.upper() for prefix in chosen) or ("",)
    drop = tuple(prefix.upper() for prefix in left_out)
    return lambda rule: rule.startswith(keep) and not rule.startswith(drop)


def _target(text: str) -> tuple[str, Path]:
    kind, separator, path = text.partition(":")
    if not separator or not path or kind not in _WRITERS:
        raise UsageError(f'--output "{text}" is not FMT:PATH. FMT is one of {", ".join(_WRITERS)}')
    return kind, Path(path)


def _print(session: Session, found: Sequence["Finding"], paths: Sequence[str], layout: FindingsFormat) -> None:
    if layout == "text" and session.on_terminal:
        layouts.print_with_source(found, _sources(paths), session.console(session.out))
    else:
        session.out.write(_WRITERS[layout](found))


def _sources(paths: Sequence[str]) -> dict[str, str]:
    """The text of each config that is a readable file, by its name."""
    texts = {}
    for path in paths:
        if Path(path).is_file():
            texts[path] = Path(path).read_text(encoding="utf-8", errors="replace")
    return texts


def _save(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise DataError(f"cannot write {path}: {error.strerror}") from error


def _summarise(session: Session, found: Sequence["Finding"], configs: int) -> None:
    amounts = {severity: sum(item.severity == severity for item in found) for severity in ("error", "warning", "info")}
    said = ", ".join(
        f"{number} {severity}{'' if number == 1 else 's'}" for severity, number in amounts.items() if number
    )
    files = f"{configs} config{'' if configs == 1 else 's'}"
    session.narrator.say(f"{said or 'no problems'} in {files}", event="validated")


def _exit_code(found: Sequence["Finding"], checked: Sequence["Checked"], *, strict: bool) -> int:
    if any(layouts.is_unreadable(one) for one in checked):
        return 2
    counted = ("error", "warning") if strict else ("error",)
    return 1 if any(item.severity in counted for item in found) else 0
