"""`valuekit validate`: every problem of a config at once."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from valuekit.cli import findings as layouts
from valuekit.cli import values
from valuekit.cli.complete import rule_names
from valuekit.cli.data_flag import check_with_data
from valuekit.cli.replace import replacing
from valuekit.cli.session import Session
from valuekit.config.nearest import unknown
from valuekit.errors import UsageError
from valuekit.validate.formats import FORMATS, laid_out

if TYPE_CHECKING:
    from valuekit.config.findings import Finding
    from valuekit.config.load import Checked
    from valuekit.validate.formats.outcome import Outcome

FindingsFormat = Literal["text", "json", "github", "sarif", "junit"]

EXAMPLE = "valuekit validate valuekit.toml --format github --output sarif:findings.sarif"

STDOUT = "-"

ConfigsArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="CONFIG", help="Configs to check, - for stdin; none: the one in use.", show_default=False),
]
LayoutFlag = Annotated[
    FindingsFormat | None,
    typer.Option("--format", help="How to write findings on stdout; default: text.", show_default=False),
]
OutputFlag = Annotated[
    list[str] | None,
    typer.Option("--output", metavar="FMT:PATH", help="Also write findings to a file, - for stdout; repeatable."),
]
SelectFlag = Annotated[
    list[str] | None,
    typer.Option(
        "--select",
        metavar="RULE,...",
        help="Only these rules or families, such as VK2; repeatable.",
        autocompletion=rule_names,
    ),
]
IgnoreFlag = Annotated[
    list[str] | None,
    typer.Option(
        "--ignore", metavar="RULE,...", help="All but these rules or families; repeatable.", autocompletion=rule_names
    ),
]
DataFlag = Annotated[
    list[str] | None,
    typer.Option(
        "--data",
        metavar="[PATH]",
        help="Also look at real data: these files or folders, or those of the config; repeatable.",
        show_default=False,
    ),
]


def validate(
    session: Session,
    configs: ConfigsArgument = None,
    *,
    layout: LayoutFlag = None,
    output: OutputFlag = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as errors.")] = False,
    select: SelectFlag = None,
    ignore: IgnoreFlag = None,
    data: DataFlag = None,
) -> None:
    """Check configs and report every problem at once: rule, place, and the nearest valid name.

    With --data columns, labels, times and shares of the real files are checked as well; of a large export a sample.

    A comment `# valuekit: ignore[VK904]` silences a finding on its line.

    Exit code 1: there are errors, or with --strict warnings; 2: a config is missing or is no TOML at all.
    """
    from valuekit.validate.formats.outcome import Outcome

    wanted = _rules(select, ignore)
    paths = list(configs or (session.config_path,))
    files = _targets(output or (), paths)
    checked = [
        layouts.check(path) if data is None else check_with_data(session, path, data) for path in dict.fromkeys(paths)
    ]
    found = [item for one in checked for item in one.findings if wanted(item.rule)]
    outcome = Outcome(found, [one.root.collector.file for one in checked], strict)
    if layout is not None or not any(path == STDOUT for _, path in files):
        _print(session, outcome, checked, layout or "text")
    for kind, path in files:
        _write(session, path, laid_out(kind, outcome))
    _summarise(session, found, len(checked), sum(len(one.silenced) for one in checked))
    code = _exit_code(outcome, checked)
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


def _targets(texts: Sequence[str], configs: Sequence[str]) -> list[tuple[str, str]]:
    """Formats, each with the file to write it to.

    Raises:
        UsageError: one is no format and file, or two formats have one file.
    """
    found = dict.fromkeys(_target(text, configs) for text in texts)
    files = [Path(path).resolve() for _, path in found if path != STDOUT]
    for path in files:
        if files.count(path) > 1:
            raise UsageError(f"--output names {path} for more than one format; the last would overwrite the others")
    return list(found)


def _target(text: str, configs: Sequence[str]) -> tuple[str, str]:
    """A format, and the file to write it to.

    Raises:
        UsageError: it is not both, or the file is one of the configs.
    """
    kind, separator, path = text.partition(":")
    if not separator or not path or kind not in FORMATS:
        raise UsageError(f'--output "{text}" is not FMT:PATH. FMT is one of {", ".join(FORMATS)}')
    if path != STDOUT and any(Path(path).resolve() == Path(config).resolve() for config in configs):
        raise UsageError(f"{path} is a config; write findings to another file")
    return kind, path


def _print(session: Session, outcome: "Outcome", checked: Sequence["Checked"], layout: FindingsFormat) -> None:
    if layout == "text" and session.on_terminal:
        sources = {one.root.collector.file: one.root.collector.text for one in checked}
        layouts.print_with_source(outcome.findings, sources, session.console(session.out))
    else:
        session.out.write(laid_out(layout, outcome))


def _write(session: Session, path: str, text: str) -> None:
    if path == STDOUT:
        session.out.write(text)
        return
    with replacing(Path(path)) as file:
        file.write(text.encode("utf-8", "backslashreplace"))


def _summarise(session: Session, found: Sequence["Finding"], configs: int, silenced: int) -> None:
    amounts = {severity: sum(item.severity == severity for item in found) for severity in ("error", "warning", "info")}
    said = ", ".join(
        f"{number} {severity}{'' if number == 1 else 's'}" for severity, number in amounts.items() if number
    )
    files = f"{configs} config{'' if configs == 1 else 's'}"
    more = f", {silenced} silenced by comments" if silenced else ""
    session.narrator.say(f"{said or 'no problems'} in {files}{more}", event="validated")


def _exit_code(outcome: "Outcome", checked: Sequence["Checked"]) -> int:
    if any(layouts.is_unreadable(one) for one in checked):
        return 2
    return 1 if any(map(outcome.counts, outcome.findings)) else 0
