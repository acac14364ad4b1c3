"""What a person sees: tables, carets and colours on a terminal, and none of them where they are not wanted."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pty = pytest.importorskip("pty", reason="needs a POSIX terminal")

ESCAPE = "\x1b["


def _on_terminal(*argv: str, **environment: str) -> str:
    """Run a verb with all streams on a terminal; gives what the screen would show, line ends as a file has them."""
    ours, theirs = pty.openpty()
    settings = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", **environment}
    with subprocess.Popen(
        [sys.executable, "-m", "valuekit", *argv], stdin=theirs, stdout=theirs, stderr=theirs, env=settings
    ) as running:
        os.close(theirs)
        shown = b""
        while chunk := _read(ours):
            shown += chunk
        running.wait(30)
    os.close(ours)
    return shown.decode("utf-8").replace("\r\n", "\n")


def _read(terminal: int) -> bytes:
    """What comes next; nothing once the other end is closed, which Linux reports as an error."""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


def _answered(answer: bytes, *argv: str) -> tuple[int, str]:
    """Run a verb on a terminal and answer its question; gives the exit code and the screen."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "valuekit", *argv], stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    ) as running:
        os.close(theirs)
        shown = b""
        while b"?" not in shown:
            shown += _read(ours)
        os.write(ours, answer)
        while chunk := _read(ours):
            shown += chunk
        running.wait(30)
    os.close(ours)
    return running.returncode, shown.decode("utf-8")


@pytest.fixture
def broken(tmp_path: Path) -> str:
    path = tmp_path / "broken.toml"
    path.write_text('[ih]\nfile_patern = "**/*.zip"\n', encoding="utf-8")
    return str(path)


def test_a_list_is_a_table_within_the_width() -> None:
    shown = _on_terminal("list", "rules")
    assert "\t" not in shown
    assert max(map(len, shown.replace(ESCAPE, "").splitlines())) <= 100 + len("1m0m")


def test_a_finding_shows_its_line_and_a_caret(broken: str) -> None:
    shown = _on_terminal("validate", broken, NO_COLOR="1").splitlines()
    at = next(number for number, line in enumerate(shown) if "file_patern" in line and " | " in line)
    assert shown[at][shown[at + 1].index("^")] == "f"
    assert ":2:1: error VK202" in "".join(shown[:at])


def test_colours_are_on_unless_refused(broken: str) -> None:
    assert ESCAPE in _on_terminal("validate", broken)
    assert ESCAPE in _on_terminal("validate", broken, "--color", "always", NO_COLOR="1")
    assert ESCAPE not in _on_terminal("validate", broken, NO_COLOR="1")
    assert ESCAPE not in _on_terminal("validate", broken, TERM="dumb")
    assert ESCAPE not in _on_terminal("validate", broken, "--color", "never")


def test_clearing_asks_on_a_terminal(demo: Path) -> None:
    kept = demo / ".valuekit" / "valuekit" / "cache.duckdb"
    code, shown = _answered(b"n\n", "cache", "clear")
    assert (code, kept.exists()) == (0, True)
    assert "nothing is deleted" in shown
    code, _ = _answered(b"\x04", "cache", "clear")
    assert (code, kept.exists()) == (130, True)
    code, shown = _answered(b"y\n", "cache", "clear")
    assert (code, kept.exists()) == (0, False)
    assert "cleared" in shown


def test_scores_are_a_table_on_a_terminal(demo: Path) -> None:
    assert demo.is_dir()
    shown = _on_terminal("compute", "engagement", "--by", "Channel", NO_COLOR="1")
    assert "engagement by Channel" in shown
    assert "\t" not in shown


def test_reports_are_laid_out_for_people_on_a_terminal(demo: Path) -> None:
    assert demo.is_dir()
    shown = _on_terminal("report", "ctr_by_channel", "ctr_by_issue", "--no-ingest", NO_COLOR="1", COLUMNS="70")
    assert "Click-through rate by channel" in shown
    assert "\t" not in shown
    assert ESCAPE not in shown
    assert "█" in shown
    assert max(map(len, shown.splitlines())) <= 70
    colored = _on_terminal("report", "ctr_by_issue", "--no-ingest", COLORTERM="truecolor")
    assert f"{ESCAPE}38;2;" in colored
    assert ESCAPE not in _on_terminal("report", "ctr_by_issue", "--no-ingest", TERM="dumb")


def test_a_picture_is_not_written_to_a_terminal(demo: Path) -> None:
    assert demo.is_dir()
    assert "png is not text" in _on_terminal("report", "ctr_by_channel", "--no-ingest", "--format", "png")
