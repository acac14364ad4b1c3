"""The store: transactions that tell the first error, ids that tell databases apart, and damaged databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest

from valuekit.cache.store import DATABASE, writing
from valuekit.errors import CacheError

if TYPE_CHECKING:
    from pathlib import Path

    from valuekit.cache.store import Store


def test_a_transaction_that_cannot_be_rolled_back_tells_its_first_error(tmp_path: Path) -> None:
    def fail_twice(store: Store) -> None:
        with store.transaction():
            store.connection.execute("ROLLBACK")
            raise ValueError("first")

    with writing(tmp_path) as store:
        with pytest.raises(ValueError, match="first") as caught:
            fail_twice(store)
        assert "ROLLBACK failed too" in caught.value.__notes__[0]
        with store.transaction():
            pass
        assert store.generation() == 1


def test_every_new_database_has_an_id_of_its_own_and_keeps_it(tmp_path: Path) -> None:
    with writing(tmp_path / "a") as store:
        first = store.cache_id()
        store.forget()
        assert store.cache_id() == first
    with writing(tmp_path / "a") as store:
        assert store.cache_id() == first
    with writing(tmp_path / "b") as store:
        assert store.cache_id() != first


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 something else" * 500, None])
def test_a_damaged_or_foreign_database_names_the_remedy(tmp_path: Path, content: bytes | None) -> None:
    with writing(tmp_path):
        pass
    file = tmp_path / DATABASE
    file.write_bytes(file.read_bytes()[:5000] if content is None else content)
    with pytest.raises(CacheError, match="valuekit cache clear"), writing(tmp_path):
        pass


def test_a_database_that_another_program_holds_is_not_called_damaged(tmp_path: Path) -> None:
    with writing(tmp_path):
        pass
    other = duckdb.connect(str(tmp_path / DATABASE))
    other.execute("SET lock_configuration = true")
    with pytest.raises(CacheError, match="other settings") as caught, writing(tmp_path):
        pass
    other.close()
    assert "cache clear" not in str(caught.value)


def test_a_question_mark_in_the_folder_is_refused_before_it_is_made(tmp_path: Path) -> None:
    with pytest.raises(CacheError, match="--cache"), writing(tmp_path / "why?"):
        pass
    assert list(tmp_path.iterdir()) == []
