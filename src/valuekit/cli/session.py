"""One call of a verb: its flags, its streams, and on demand its config and its workspace.

Owns how the common flags turn into streams, colours and a config. Never parses arguments and never computes.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from valuekit.cli.narrate import Narrator
from valuekit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from valuekit.cli.options import Options
    from valuekit.config.models import Config
    from valuekit.pipeline import Workspace
    from valuekit.pipeline.results import Progress

DEFAULT_CONFIG = "valuekit.toml"


@dataclass(frozen=True)
class Session:
    """What a verb works with.

    Attributes:
        options: the common flags.
        out: where data goes.
        err: where narration goes.
    """

    options: Options
    out: TextIO
    err: TextIO

    @cached_property
    def narrator(self) -> Narrator:
        """Says things on stderr, as the flags ask."""
        options = self.options
        return Narrator(self.err, options.log_format, quiet=options.quiet, verbose=options.verbose)

    @property
    def on_terminal(self) -> bool:
        """Whether a person reads stdout."""
        return self.out.isatty()

    @property
    def color(self) -> bool:
        """Whether stdout is coloured."""
        return self._colored(self.out)

    @property
    def width(self) -> int | None:
        """The columns a table may take; None where nothing limits it."""
        if not self.on_terminal and not os.environ.get("COLUMNS"):
            return None
        import shutil

        return shutil.get_terminal_size().columns

    @property
    def config_path(self) -> str:
        """The config as named by a flag, the environment or the default; `-` is standard input.

        Raises:
            ConfigError: none is named and the default does not exist.
        """
        if self.options.config is not None:
            return self.options.config
        if not Path(DEFAULT_CONFIG).exists():
            raise ConfigError(
                f"no config: there is no {DEFAULT_CONFIG} in this folder. Name one with -c FILE or VALUEKIT_CONFIG, "
                "or write one with 'valuekit init'"
            )
        return DEFAULT_CONFIG

    @cached_property
    def config(self) -> Config:
        """The config, checked; every finding that stops it is in the error.

        Raises:
            ConfigError: it is missing, cannot be parsed or has errors.
        """
        from valuekit.cli.findings import read_config

        return read_config(self.config_path, self.narrator)

    @cached_property
    def workspace(self) -> Workspace:
        """The config and its cache."""
        config, cache = self.config, self.options.cache
        from valuekit.pipeline import Workspace

        return Workspace(config, None if cache is None else Path(cache).absolute())

    @contextmanager
    def progress(self) -> Iterator[Progress | None]:
        """Give a bar where a person watches stderr, else None."""
        if not self._watched:
            yield None
            return
        from valuekit.cli.progress import Bar

        with Bar(self.console(self.err)) as bar:
            yield bar

    def console(self, stream: TextIO, width: int | None = None) -> Console:
        """A Rich console on a stream, coloured as the flags and the environment ask."""
        from rich.console import Console

        colored = self._colored(stream)
        return Console(
            file=stream,
            width=width,
            force_terminal=True if colored else None,
            color_system="auto" if colored else None,
            no_color=not colored,
            highlight=False,
            markup=False,
            emoji=False,
        )

    @property
    def _watched(self) -> bool:
        options = self.options
        dumb = os.environ.get("TERM") == "dumb"
        return self.err.isatty() and not options.quiet and not dumb and options.log_format == "text"

    def _colored(self, stream: TextIO) -> bool:
        if self.options.color != "auto":
            return self.options.color == "always"
        return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def open_session(options: Options) -> Session:
    """Start a session on the standard streams."""
    return Session(options, sys.stdout, sys.stderr)
