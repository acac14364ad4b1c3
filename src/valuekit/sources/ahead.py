"""Working one step ahead in a thread.

Owns the thread and the hand-over. What is made ahead (inflating, mostly) must release the interpreter lock to gain.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Generator

Item = TypeVar("Item")
_END = object()


def read_ahead(items: Generator[Item, None, None]) -> Generator[Item, None, None]:
    """Give the items in order while the next one is being made in a thread.

    Two items exist at a time: the one given and the one being made. Closing waits for the latter and closes `items`.

    Args:
        items: what makes the items; an error in it is raised here, in its place.
    """
    with closing(items), ThreadPoolExecutor(1, "valuekit-read-ahead") as thread:
        pending = thread.submit(next, items, _END)
        while (item := pending.result()) is not _END:
            pending = thread.submit(next, items, _END)
            yield cast("Item", item)
