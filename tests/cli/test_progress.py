from __future__ import annotations

import io

from rich.console import Console

from valuekit.cli.progress import Bar


def _bar() -> tuple[Bar, io.StringIO]:
    stream = io.StringIO()
    return Bar(Console(file=stream, force_terminal=True, width=120, color_system=None)), stream


def test_quick_work_leaves_the_screen_alone() -> None:
    bar, stream = _bar()
    with bar:
        bar.start("landing", 3)
        bar.advance(3, "a.zip")
    assert stream.getvalue() == ""
    assert bar._timer is None


def test_a_bar_shows_stage_share_rate_and_item() -> None:
    bar, stream = _bar()
    with bar:
        bar.start("landing", 4_000_000)
        bar.advance(1_000_000, "a [1].zip")
        bar._show()
        bar.advance(2_000_000, "b.zip")
    shown = stream.getvalue()
    assert "landing" in shown
    assert "25%" in shown
    assert "MB/s" in shown
    assert "a [1].zip" in shown


def test_a_bar_that_comes_too_late_does_not_appear() -> None:
    bar, stream = _bar()
    bar.start("computing", None)
    bar.finish()
    bar._show()
    assert stream.getvalue() == ""


def test_each_stage_has_its_own_bar() -> None:
    bar, stream = _bar()
    with bar:
        for stage in ("landing", "computing"):
            bar.start(stage, 2)
            bar._show()
            bar.advance(1)
    assert "computing" in stream.getvalue()
    assert bar._bar is None
