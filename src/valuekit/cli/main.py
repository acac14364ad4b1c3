"""The app: its verbs, and how a process runs one of them.

Owns the registration of verbs, and the way from arguments to an exit code. Never does a verb's work.
Annotations are evaluated when the module is read, because Typer reads them.
"""

import gc
import inspect
import io
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, NoReturn, TextIO

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from valuekit.cli import failures
from valuekit.cli.absent import leave_out_pandas
from valuekit.cli.data_flag import DataCommand
from valuekit.cli.options import behind_verb
from valuekit.cli.verb import verb
from valuekit.cli.verbs import (
    cache,
    clv,
    compute,
    config,
    demo,
    doctor,
    explain,
    ingest,
    init,
    list_,
    report,
    status,
    validate,
)

_SETTINGS = {"help_option_names": ["--help", "-h"]}

app = typer.Typer(
    name="valuekit",
    help="Turn marketing decision data into numbers people can trust.",
    epilog="The common flags of a verb may also stand before it.\n\nExample:\n  valuekit demo",
    context_settings=_SETTINGS,
    pretty_exceptions_enable=False,
)
cache_app = typer.Typer(
    help="Show, forget, export or import what the cache holds.",
    epilog="Example:\n  valuekit cache info",
    context_settings=_SETTINGS,
)

clv_app = typer.Typer(
    help="List customers, predict what they will do, and test the predictions.",
    epilog="Example:\n  valuekit clv segments",
    context_settings=_SETTINGS,
)


config_app = typer.Typer(
    help="Show, format, compare and restore configs.",
    epilog="Example:\n  valuekit config show --origin",
    context_settings=_SETTINGS,
)


def _print_version(asked: bool) -> None:  # noqa: FBT001  # the signature that Typer calls
    if asked:
        from importlib.metadata import version

        sys.stdout.write(f"valuekit {version('valuekit')}\n")
        raise typer.Exit


def _print_help(ctx: typer.Context, asked: bool) -> None:  # noqa: FBT001  # the signature that Typer calls
    if asked:
        typer.echo(ctx.get_help())
        raise typer.Exit


_HelpFlag = Annotated[
    bool, typer.Option("--help", "-h", callback=_print_help, is_eager=True, help="Show this message and exit.")
]
"""The help of a group. Typer's own has no default, and to read one that is not given loads pydantic."""


@cache_app.callback(add_help_option=False)
def _cache(*, shown: _HelpFlag = False) -> None:
    """Show, forget, export or import what the cache holds."""


@clv_app.callback(add_help_option=False)
def _clv(*, shown: _HelpFlag = False) -> None:
    """List customers, predict what they will do, and test the predictions."""


@config_app.callback(add_help_option=False)
def _config(*, shown: _HelpFlag = False) -> None:
    """Show, format, compare and restore configs."""


@app.callback(add_help_option=False)
def _root(
    *,
    shown: _HelpFlag = False,
    version: Annotated[  # its callback does the work
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Turn marketing decision data into numbers people can trust."""


def _add(
    group: typer.Typer,
    name: str,
    function: Callable[..., None],
    example: str,
    kind: type[TyperCommand] = TyperCommand,
) -> None:
    """Register a verb: its docstring is its help, a paragraph a line, and its example stands below."""
    paragraphs = inspect.cleandoc(function.__doc__ or "").split("\n\n")
    shown = "\n\n".join(paragraph.replace("\n", " ") for paragraph in paragraphs)
    made = group.command(name, cls=kind, help=shown, epilog=f"Example:\n  {example}", context_settings=_SETTINGS)
    made(verb(function))


_add(app, "demo", demo.demo, demo.EXAMPLE)
_add(app, "init", init.init, init.EXAMPLE)
_add(app, "validate", validate.validate, validate.EXAMPLE, DataCommand)
_add(app, "ingest", ingest.ingest, ingest.EXAMPLE)
_add(app, "compute", compute.compute, compute.EXAMPLE)
_add(app, "report", report.report, report.EXAMPLE)
_add(clv_app, "segments", clv.segments, clv.SEGMENTS_EXAMPLE)
_add(clv_app, "predict", clv.predict, clv.PREDICT_EXAMPLE)
_add(clv_app, "backtest", clv.backtest, clv.BACKTEST_EXAMPLE)
app.add_typer(clv_app, name="clv")
_add(app, "status", status.status, status.STATUS_EXAMPLE)
_add(app, "runs", status.runs, status.RUNS_EXAMPLE)
_add(app, "list", list_.list_, list_.EXAMPLE)
_add(app, "explain", explain.explain, explain.EXAMPLE)
_add(cache_app, "info", cache.info, cache.INFO_EXAMPLE)
_add(cache_app, "clear", cache.clear, cache.CLEAR_EXAMPLE)
_add(cache_app, "export", cache.export, cache.EXPORT_EXAMPLE)
_add(cache_app, "import", cache.import_, cache.IMPORT_EXAMPLE)
app.add_typer(cache_app, name="cache")
_add(config_app, "show", config.show, config.SHOW_EXAMPLE)
_add(config_app, "format", config.format_, config.FORMAT_EXAMPLE)
_add(config_app, "schema", config.schema, config.SCHEMA_EXAMPLE)
_add(config_app, "diff", config.diff, config.DIFF_EXAMPLE)
_add(config_app, "history", config.history, config.HISTORY_EXAMPLE)
_add(config_app, "restore", config.restore, config.RESTORE_EXAMPLE)
app.add_typer(config_app, name="config")
_add(app, "doctor", doctor.doctor, doctor.EXAMPLE)

GROUPS = ("cache", "clv", "config")


def root() -> TyperGroup:
    """Build the app's command.

    Typer gives its completion flags no default, and loads pydantic to read one that is not given: here they get one.
    """
    command = typer.main.get_command(app)
    if not isinstance(command, TyperGroup):
        raise TypeError("an app with several verbs is a group")
    for part in command.params:
        if isinstance(part, TyperOption) and part.is_flag and part.default is None:
            part.default = False
    return command


def main(argv: Sequence[str], stop: failures.StopSignal | None = None) -> int:
    """Run one verb.

    Args:
        argv: the arguments, without the program's name; none shows the help and is a usage error.
        stop: hears signals; without one they are the caller's.

    Returns:
        The process exit code. Errors are on stderr.
    """
    stop = stop or failures.StopSignal()
    arguments = behind_verb(argv, GROUPS) or ["--help"]
    try:
        code = root().main(args=arguments, prog_name="valuekit", standalone_mode=False)
    except SystemExit as leaving:
        return 0 if isinstance(leaving.__context__, BrokenPipeError) else _number(leaving.code)
    except BaseException as error:  # every way to end a verb has an exit code
        return failures.exit_code(error, argv, stop, sys.stderr)
    if stop.received is not None:
        return failures.stopped(stop, argv, sys.stderr)
    return _number(code) if argv else failures.USAGE


def _number(code: object) -> int:
    return code if isinstance(code, int) else 0 if code is None else 1


def _open(stream: TextIO | None) -> TextIO:
    """A stream that can be written to; Python has none where the caller closed it."""
    return Path(os.devnull).open("w", encoding="utf-8") if stream is None else stream


_GARBAGE = 100_000
"""So many objects are made before Python looks for garbage: most are classes and functions, which stay."""


_ARROW = ("ARROW_DEFAULT_MEMORY_POOL", "system")
"""Arrow asks the system for memory, as everything else here does, and does not keep what is free for itself."""


def run() -> NoReturn:
    """Run the verb that the command line names, then end the process with its exit code."""
    stop = failures.StopSignal()
    stop.install()
    gc.set_threshold(_GARBAGE)
    os.environ.setdefault(*_ARROW)
    leave_out_pandas()
    sys.stdout, sys.stderr = _open(sys.stdout), _open(sys.stderr)
    if isinstance(sys.stdout, io.TextIOWrapper) and not sys.stdout.isatty():
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
    code = main(sys.argv[1:], stop)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)
