"""One step ahead, in order, with errors in their place and nothing left behind."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from valuekit.sources.ahead import read_ahead

if TYPE_CHECKING:
    from collections.abc import Generator


def test_items_come_in_order() -> None:
    assert list(read_ahead(number for number in range(100))) == list(range(100))


def test_no_more_than_one_is_made_ahead() -> None:
    made: list[int] = []

    def items() -> Generator[int, None, None]:
        for number in range(10):
            made.append(number)
            yield number

    for number in read_ahead(items()):
        assert len(made) <= number + 2


def test_an_error_comes_after_the_items_before_it() -> None:
    def items() -> Generator[int, None, None]:
        yield 1
        raise ValueError("broken")

    ahead = read_ahead(items())
    assert next(ahead) == 1
    with pytest.raises(ValueError, match="broken"):
        next(ahead)


def test_closing_early_ends_the_thread_and_the_items() -> None:
    closed = threading.Event()

    def items() -> Generator[int, None, None]:
        try:
            yield from range(1000)
        finally:
            closed.set()

    before = threading.active_count()
    ahead = read_ahead(items())
    assert next(ahead) == 0
    ahead.close()
    assert closed.is_set()
    assert threading.active_count() == before
