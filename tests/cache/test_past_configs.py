"""Past configs: kept once, whole, and given back exactly or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from valuekit.cache.configs import FOLDER, PastConfigs, fingerprint
from valuekit.cache.runs import RunLedger

if TYPE_CHECKING:
    from pathlib import Path


@given(st.text(st.characters(codec="utf-8"), max_size=50))
def test_a_text_comes_back_exactly(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    kept = PastConfigs(tmp_path_factory.getbasetemp())
    assert kept.text(kept.keep(text)) == text


def test_equal_texts_are_one_file_and_no_draft_is_left(tmp_path: Path) -> None:
    kept = PastConfigs(tmp_path)
    assert kept.keep("a = 1\r\n") == kept.keep("a = 1\r\n") == fingerprint("a = 1\r\n")
    assert kept.keep("a = 2") != fingerprint("a = 1\r\n")
    assert len(list((tmp_path / FOLDER).iterdir())) == 2
    assert all(path.suffix == ".toml" for path in (tmp_path / FOLDER).iterdir())


@pytest.mark.parametrize("name", ["", "..", "../../etc/passwd", "a" * 31, "G" * 32, "0" * 32])
def test_a_name_that_is_no_fingerprint_gives_nothing(name: str, tmp_path: Path) -> None:
    PastConfigs(tmp_path).keep("a = 1")
    assert PastConfigs(tmp_path).text(name) is None


@pytest.mark.parametrize("data", [b"", b"a = 2", b"\xff"])
def test_what_was_changed_is_not_given_back_and_is_kept_again(data: bytes, tmp_path: Path) -> None:
    kept = PastConfigs(tmp_path)
    name = kept.keep("a = 1")
    (tmp_path / FOLDER / f"{name}.toml").write_bytes(data)
    assert kept.text(name) is None
    assert kept.keep("a = 1") == name
    assert kept.text(name) == "a = 1"


def test_the_ledger_knows_the_config_of_each_run(tmp_path: Path) -> None:
    ledger = RunLedger(tmp_path)
    ledger.begin("ingest", "a = 1")
    second = ledger.begin("cache import")
    ledger.end(second, "done", {}, {}, None)
    third = ledger.begin("ingest", "a = 1")
    ledger.end(third, "done", {}, {}, None)
    assert [run.config for run in ledger.read()] == [fingerprint("a = 1"), None, fingerprint("a = 1")]
