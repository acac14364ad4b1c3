"""Reading a file to its end, as the tests of this room do it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import pytest

from valuekit.errors import UnreadableFileError
from valuekit.sources import Batch, Choose, Rejected, open_source

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass
class Content:
    """What a file gave, all batches together; a row has only the columns of its batch."""

    batches: list[Batch] = field(default_factory=list)

    @property
    def rows(self) -> list[dict[str, object]]:
        return [row for batch in self.batches for row in batch.frame.to_dicts()]

    @property
    def lines(self) -> list[int]:
        return [line for batch in self.batches for line in batch.lines.to_list()]

    @property
    def rejected(self) -> list[Rejected]:
        return [rejected for batch in self.batches for rejected in batch.rejected]

    @property
    def names(self) -> set[str]:
        return {name for batch in self.batches for name in batch.names}


class Read(Protocol):
    def __call__(self, source: bytes | Path, file_type: str = ..., choose: Choose = ...) -> Content: ...


class Refusal(Protocol):
    def __call__(self, source: bytes | Path, file_type: str = ...) -> str: ...


def everything(names: Sequence[str]) -> Sequence[str]:
    return names


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read bytes, or a file; the file's name says nothing."""

    def run(source: bytes | Path, file_type: str = "pega_ds_export", choose: Choose = everything) -> Content:
        path = tmp_path / "some.file" if isinstance(source, bytes) else source
        if isinstance(source, bytes):
            path.write_bytes(source)
        return Content(list(open_source(file_type, path).batches(path, choose)))

    return run


@pytest.fixture
def refusal(tmp_path: Path) -> Refusal:
    """Return why a file cannot be read; batches before that are dropped as they come."""

    def run(source: bytes | Path, file_type: str = "pega_ds_export") -> str:
        path = tmp_path / "some.file" if isinstance(source, bytes) else source
        if isinstance(source, bytes):
            path.write_bytes(source)
        with pytest.raises(UnreadableFileError) as caught:
            deque(open_source(file_type, path).batches(path, everything), maxlen=0)
        assert caught.value.path == str(path)
        assert str(tmp_path) not in caught.value.reason
        assert "Error" not in caught.value.reason
        return caught.value.reason

    return run
