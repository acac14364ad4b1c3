from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    Call = Callable[..., Any]


def test_the_demo_shows_engagement_by_channel(call: Call, tmp_path: Path) -> None:
    done = call("demo", "shop", "--rows", "1500", "--days", "2")
    assert done.code == 0
    assert "engagement by Channel" in done.out
    assert "CTR" in done.out
    assert "3 files landed" in done.err
    assert "valuekit compute engagement -c shop/valuekit.toml" in done.err
    again = call("-q", "demo", "shop", "--rows", "1500", "--days", "2")
    assert (again.out, again.err) == (done.out, "")
    assert (tmp_path / "shop" / "valuekit.toml").is_file()


def test_the_demo_writes_its_page(call: Call, tmp_path: Path) -> None:
    done = call("demo", "shop", "--rows", "1500", "--days", "2")
    page = (tmp_path / "shop" / "valuekit.html").read_text(encoding="utf-8")
    assert "wrote shop/valuekit.html" in done.err
    assert page.startswith("<!DOCTYPE html>")
    assert "Click-through rate by channel" in page
    assert call("report", "-c", "shop/valuekit.toml", "--no-ingest", "--format", "html", "-o", "again.html").code == 0
    assert (tmp_path / "again.html").read_text(encoding="utf-8") == page


def test_what_the_demo_suggests_works(call: Call) -> None:
    shown = call("demo", "shop", "--rows", "1500", "--days", "2").err
    suggestions = [line.split()[1:] for line in shown.splitlines() if line.startswith("  valuekit ")]
    assert len(suggestions) >= 3
    for argv in suggestions:
        assert call(*argv).code == 0, argv


def test_a_folder_with_other_files_is_left_alone(call: Call, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("precious", encoding="utf-8")
    done = call("demo", "mine")
    assert done.code != 0
    assert (tmp_path / "mine" / "thesis.txt").read_text(encoding="utf-8") == "precious"
