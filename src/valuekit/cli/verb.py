"""Turns a function into a verb: it gets the common flags, and its first argument is a `Session`.

Owns the seam between Typer and the verbs. Never knows a verb by name.
"""

from __future__ import annotations

import inspect
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec

from valuekit.cli.options import Options
from valuekit.cli.session import Session, open_session

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")


class ReaderGoneError(Exception):
    """Whoever read stdout has closed it, as `head` does: no failure."""


def verb(function: Callable[Concatenate[Session, P], None]) -> Callable[..., None]:
    """Make a verb of a function.

    Args:
        function: takes a session, then its own arguments and flags, annotated for Typer.

    Returns:
        What Typer registers: the function's own parameters, then the common flags.
    """
    own = list(inspect.signature(function).parameters.values())[1:]
    common = inspect.signature(Options).parameters

    @wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> None:
        options = Options(**{name: kwargs.pop(name) for name in common})  # type: ignore[arg-type]  # parsed by Typer
        session = open_session(options)
        try:
            function(session, *args, **kwargs)
            session.out.flush()
        except BrokenPipeError as error:
            raise ReaderGoneError from error

    called.__signature__ = inspect.Signature([*own, *common.values()])  # type: ignore[attr-defined]  # what Typer reads
    called.__annotations__ = {}
    return called
