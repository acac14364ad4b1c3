"""The demo folder: what is in it, and what it refuses to touch."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING

import pytest

from valuekit.errors import DataError, UsageError
from valuekit.synthetic import write_demo

if TYPE_CHECKING:
    from pathlib import Path


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_layout_and_config(tmp_path: Path) -> None:
    config = write_demo(tmp_path / "demo", rows=400, days=3)
    assert config == tmp_path / "demo" / "valuekit.toml"
    assert set(contents(tmp_path / "demo")) == {
        ".demo.json",
        "valuekit.toml",
        "holdings/holdings.json",
        "exports/2026-01-01.zip",
        "exports/2026-01-02.zip",
        "exports/2026-01-03.zip",
    }
    values = tomllib.loads(config.read_text(encoding="utf-8"))
    assert len(list((config.parent / values["ih"]["path"]).glob(values["ih"]["file_pattern"]))) == 3
    assert set(values["metrics"]["engagement"]["negative_model_response"]) == {"Impression", "Pending"}


def test_an_earlier_demo_is_replaced(tmp_path: Path) -> None:
    write_demo(tmp_path, rows=400, days=3)
    first = contents(tmp_path)
    (tmp_path / ".valuekit").mkdir()
    (tmp_path / ".valuekit" / "facts.duckdb").write_bytes(b"cache")
    write_demo(tmp_path, rows=400, days=3)
    assert contents(tmp_path) == {**first, ".valuekit/facts.duckdb": b"cache"}
    write_demo(tmp_path, rows=400, days=2)
    second = contents(tmp_path)
    assert ".valuekit/facts.duckdb" not in second
    assert set(first) - set(second) == {"exports/2026-01-03.zip"}
    assert second["exports/2026-01-01.zip"] != first["exports/2026-01-01.zip"]


def test_a_killed_demo_can_be_written_again(tmp_path: Path) -> None:
    write_demo(tmp_path, rows=400, days=3)
    whole = contents(tmp_path)
    (tmp_path / "valuekit.toml").unlink()
    (tmp_path / "exports/2026-01-03.zip").unlink()
    (tmp_path / "exports/2026-01-02.zip").write_bytes(b"half a fi")
    write_demo(tmp_path, rows=400, days=3)
    assert contents(tmp_path) == whole


@pytest.mark.parametrize(
    "name", ["notes.txt", "exports/2025-12-31.zip", "valuekit.toml", ".valuekit/f.duckdb", ".git/HEAD"]
)
@pytest.mark.parametrize("demo_before", [False, True])
def test_foreign_files_are_left_alone(tmp_path: Path, name: str, *, demo_before: bool) -> None:
    if demo_before:
        write_demo(tmp_path, rows=100, days=1)
        name = name.replace(".valuekit", "valuekit")  # beside a demo, .valuekit is the demo's cache
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text("mine", encoding="utf-8")
    before = contents(tmp_path)
    with pytest.raises(DataError, match=name.replace(".", r"\.")):
        write_demo(tmp_path, rows=200, days=2)
    assert contents(tmp_path) == before


def test_links_are_foreign(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("mine", encoding="utf-8")
    demo = tmp_path / "demo"
    write_demo(demo, rows=100, days=1)
    (demo / ".valuekit").symlink_to(outside)
    with pytest.raises(DataError, match="valuekit"):
        write_demo(demo, rows=200, days=1)
    assert (outside / "precious").exists()


def test_a_forged_record_removes_nothing_outside(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine", encoding="utf-8")
    demo = tmp_path / "demo"
    demo.mkdir()
    forged = {"rows": 1, "days": 1, "seed": 1, "config": "", "files": ["../precious"]}
    (demo / ".demo.json").write_text(json.dumps(forged), encoding="utf-8")
    write_demo(demo, rows=100, days=1)
    assert (tmp_path / "precious").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"rows": 1, "days": 99999999, "seed": 1, "config": ""}'])
def test_a_record_that_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / ".demo.json").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match="record"):
        write_demo(tmp_path, rows=100, days=1)


def test_refuses_a_file_and_nonsense(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    with pytest.raises(DataError, match="not a folder"):
        write_demo(tmp_path / "file")
    for wrong in ({"rows": 0}, {"days": 0}, {"days": 100_000}, {"seed": -1}):
        with pytest.raises(UsageError):
            write_demo(tmp_path / "never", **wrong)
    assert not (tmp_path / "never").exists()
