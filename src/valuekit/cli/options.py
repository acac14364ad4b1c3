"""The flags that every verb takes, before the verb or behind it.

Owns their names, environment variables and defaults. Never reads a config and never opens a stream.
Annotations are evaluated when the module is read, because Typer reads them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import typer

Color = Literal["auto", "always", "never"]
LogFormat = Literal["text", "json"]

PANEL = "Common flags"

VALUED = ("--config", "-c", "--cache", "--color", "--log-format")
SWITCHES = ("--quiet", "-q", "--verbose", "-v", "--debug")


@dataclass(frozen=True, kw_only=True)
class Options:
    """The common flags of one call; the annotations are what Typer makes flags from.

    Attributes:
        config: the config file as the user wrote it; None means ./valuekit.toml, `-` standard input.
        cache: a cache folder that wins over the config's.
        quiet: say nothing on stderr but warnings and errors.
        verbose: say why metrics are rebuilt, and how long each stage took.
        color: whether to colour; `auto` asks the stream and the environment.
        log_format: how narration is written.
        debug: print tracebacks.
    """

    config: Annotated[
        str | None,
        typer.Option(
            "--config",
            "-c",
            metavar="FILE",
            envvar="VALUEKIT_CONFIG",
            rich_help_panel=PANEL,
            help="The config; default ./valuekit.toml.",
        ),
    ] = None
    cache: Annotated[
        str | None,
        typer.Option(
            "--cache",
            metavar="DIR",
            envvar="VALUEKIT_CACHE",
            rich_help_panel=PANEL,
            help="The cache folder; default: the config's, else .valuekit beside the config.",
        ),
    ] = None
    quiet: Annotated[
        bool,
        typer.Option(
            "--quiet", "-q", envvar="VALUEKIT_QUIET", rich_help_panel=PANEL, help="Only warnings and errors on stderr."
        ),
    ] = False
    verbose: Annotated[
        bool,
        typer.Option(
            "--verbose",
            "-v",
            envvar="VALUEKIT_VERBOSE",
            rich_help_panel=PANEL,
            help="Say why metrics are rebuilt and how long each stage took.",
        ),
    ] = False
    color: Annotated[
        Color,
        typer.Option("--color", envvar="VALUEKIT_COLOR", rich_help_panel=PANEL, help="Colour on stdout and stderr."),
    ] = "auto"
    log_format: Annotated[
        LogFormat,
        typer.Option(
            "--log-format",
            envvar="VALUEKIT_LOG_FORMAT",
            rich_help_panel=PANEL,
            help="How stderr is written: lines of text, or one JSON object a line.",
        ),
    ] = "text"
    debug: Annotated[
        bool,
        typer.Option("--debug", envvar="VALUEKIT_DEBUG", rich_help_panel=PANEL, help="Show the traceback of an error."),
    ] = False


def behind_verb(argv: Sequence[str], groups: Sequence[str]) -> list[str]:
    """Move common flags that stand before the verb behind it, where the verb reads them.

    Args:
        argv: the arguments as typed, without the program's name.
        groups: the verbs that are followed by a verb of their own, such as `cache`.

    Returns:
        The arguments with the verb first; unchanged where there is no verb, so that the error names what was typed.
    """
    flags, rest = _leading_flags(list(argv))
    if not rest or rest[0].startswith("-"):
        return rest or flags
    verb = [rest.pop(0)]
    if verb[0] in groups:
        more, below = _leading_flags(rest)
        if below and not below[0].startswith("-"):
            verb.append(below.pop(0))
            flags, rest = flags + more, below
    return verb + flags + rest


def _leading_flags(argv: list[str]) -> tuple[list[str], list[str]]:
    """Split off the common flags, with their values, that come first."""
    at = 0
    while at < len(argv):
        width = _width(argv[at])
        if width == 0:
            break
        at += width
    return argv[:at], argv[at:]


def _width(argument: str) -> int:
    """How many arguments a common flag takes up, itself included; 0 where it is none."""
    if argument in VALUED:
        return 2
    if argument in SWITCHES or argument.partition("=")[0] in VALUED:
        return 1
    if argument.startswith("-") and not argument.startswith("--") and len(argument) > 2:
        return _cluster_width(argument[1:])
    return 0


def _cluster_width(letters: str) -> int:
    """The same for short flags written together, such as `-qv` or `-qc FILE`."""
    for position, letter in enumerate(letters):
        flag = f"-{letter}"
        if flag in VALUED:
            return 1 if letters[position + 1 :] else 2
        if flag not in SWITCHES:
            return 0
    return 1
