"""Writes docs/commands.md from the app, so that the page cannot say anything else than `--help` does.

Owns the page's form. Run it with `python -m valuekit.cli.reference > docs/commands.md`.
"""

import sys
from collections.abc import Iterator

from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from valuekit.cli.main import root
from valuekit.cli.options import PANEL

_HEAD = """# Commands

Made from `valuekit --help` by `python -m valuekit.cli.reference > docs/commands.md`; a test keeps the two in step.
Results go to stdout, everything else to stderr. Common flags may stand before the verb or behind it. A flag wins over
its environment variable, that over the config, that over the default.
"""

_CODES = """
## Exit codes

| code | meaning |
|---|---|
| 0 | done |
| 1 | found something: only `validate`, `status --max-age`, `config diff --exit-code`, `config format --check` |
| 2 | usage; or the config has errors; a config that is missing or no TOML: 2 everywhere |
| 3 | data or runtime failure; readers see what they saw before, finished batches are kept |
| 4 | partly done: files were set aside, or a metric or report failed |
| 75 | the cache is locked by another run (`ingest`, `compute --ingest`, `report --ingest`) |
| 130, 143 | interrupted, terminated |
"""


def page() -> str:
    """The whole page, in Markdown."""
    verbs = list(leaves())
    parts = [_HEAD, _common(verbs[0][1])]
    parts += [_section(path, command) for path, command in verbs]
    return "".join(parts) + _CODES


def leaves() -> Iterator[tuple[str, TyperCommand]]:
    """Every verb with its whole name, such as `cache info`."""
    yield from _below(root(), "")


def _below(command: object, path: str) -> Iterator[tuple[str, TyperCommand]]:
    if isinstance(command, TyperGroup):
        for name, child in command.commands.items():
            yield from _below(child, f"{path} {name}".strip())
    elif isinstance(command, TyperCommand):
        yield path, command


def _section(path: str, command: TyperCommand) -> str:
    example = (command.epilog or "").removeprefix("Example:").strip()
    rows = [_argument_row(part) for part in command.params if isinstance(part, TyperArgument)]
    rows += [
        _option_row(part) for part in command.params if isinstance(part, TyperOption) and part.rich_help_panel != PANEL
    ]
    return f"\n## valuekit {path}\n\n{command.help}\n\n```console\n$ {example}\n```\n{_table(rows)}"


def _common(command: TyperCommand) -> str:
    rows = [
        _option_row(part) for part in command.params if isinstance(part, TyperOption) and part.rich_help_panel == PANEL
    ]
    return f"\n## Common flags\n{_table(rows)}"


def _table(rows: list[str]) -> str:
    return "\n| | |\n|---|---|\n" + "".join(rows) if rows else ""


def _argument_row(part: TyperArgument) -> str:
    return _row(f"`{part.metavar or part.name.upper()}`", part.help, _default(part))


def _option_row(part: TyperOption) -> str:
    flags = ", ".join(f"`{flag}`" for flag in (*part.opts, *part.secondary_opts))
    choices = part.type_descriptor.choices
    value = part.metavar or ("\\|".join(map(str, choices)) if choices else "")
    shown = f"{flags} {value}".strip()
    variable = f" Environment: `{part.envvar}`." if part.envvar else ""
    return _row(shown, part.help, variable + _default(part))


def _default(part: TyperArgument | TyperOption) -> str:
    hidden = part.default is None or part.default is False or part.show_default is False
    return "" if hidden else f" Default: `{part.default}`."


def _row(what: str, text: str | None, more: str) -> str:
    return f"| {what} | {(text or '').replace('|', chr(92) + '|')}{more} |\n"


if __name__ == "__main__":
    sys.stdout.write(page())
