from __future__ import annotations

import errno
import io
import os
import signal
import subprocess
import sys

import pytest
import typer

from valuekit.cli.failures import StopSignal, exit_code
from valuekit.cli.findings import InvalidConfigError
from valuekit.cli.verb import ReaderGoneError
from valuekit.errors import CacheError, ConfigError, DataError, LockedError, UnreadableFileError, UsageError


def _told(error: BaseException, *argv: str, stop: StopSignal | None = None) -> tuple[int, str]:
    stream = io.StringIO()
    return exit_code(error, argv, stop or StopSignal(), stream), stream.getvalue()


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (UsageError("no such flag"), 2, "no such flag [usage]"),
        (ConfigError("no config"), 2, "no config [config]"),
        (DataError("disk full"), 3, "disk full [data]"),
        (UnreadableFileError("a.zip", "bad CRC"), 3, "a.zip: bad CRC [unreadable]"),
        (CacheError("other format"), 3, "other format [cache]"),
        (LockedError("held by process 7"), 75, "held by process 7 [locked]"),
        (typer.BadParameter("too small"), 2, "Invalid value: too small. See 'valuekit --help'. [usage]"),
        (OSError(errno.ENOSPC, "No space left on device", "x.db"), 3, "no space left on device (x.db) [system]"),
        (KeyError("x"), 3, "unexpected KeyError: 'x'. Run again with --debug to see where, and report it [internal]"),
        (KeyboardInterrupt(), 130, "interrupted. What readers see is as it was"),
    ],
)
def test_an_error_is_one_line_with_remedy_and_id_and_an_exit_code(error: BaseException, code: int, line: str) -> None:
    found, text = _told(error)
    assert found == code
    assert text.count("\n") == 1
    assert text.startswith(f"valuekit: error: {line}")
    assert "Traceback" not in text


def test_a_config_says_each_error_with_its_rule() -> None:
    error = InvalidConfigError([("v.toml:1:2: bad key", "VK201"), ("v.toml:3:1: bad type", "VK203")])
    code, text = _told(error)
    assert code == 2
    assert text == "valuekit: error: v.toml:1:2: bad key [VK201]\nvaluekit: error: v.toml:3:1: bad type [VK203]\n"


def test_a_reader_that_left_is_no_failure() -> None:
    assert _told(ReaderGoneError()) == (0, "")


def test_a_signal_wins_over_the_error_that_a_library_made_of_it() -> None:
    stop = StopSignal()
    stop.received = signal.SIGTERM
    code, text = _told(RuntimeError("Query interrupted"), stop=stop)
    assert code == 143
    assert text.startswith("valuekit: error: terminated.")


def test_debug_shows_the_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Traceback" in _raised("--debug")
    assert "Traceback" not in _raised()
    monkeypatch.setenv("VALUEKIT_DEBUG", "1")
    assert "Traceback" in _raised()


def _raised(*argv: str) -> str:
    with pytest.raises(KeyError) as caught:
        dict[str, str]()["x"]
    return _told(caught.value, *argv)[1]


@pytest.mark.parametrize(
    "argv", [["--log-format", "json"], ["--log-format=json"], ["--log-format=text", "--log-format", "json"]]
)
def test_errors_are_json_where_narration_is(argv: list[str]) -> None:
    assert _told(DataError("disk full"), *argv)[1].startswith('{"time": ')
    assert _told(DataError("disk full"), *argv, "--log-format=text")[1].startswith("valuekit: error: ")


BREAKS = """
import os, signal, sys
from valuekit.cli.failures import StopSignal

class Stopping:
    def __del__(self):
        {what}

StopSignal().install()
Stopping()
"""


@pytest.mark.skipif(os.name == "nt", reason="signals of another kind")
@pytest.mark.parametrize(
    ("what", "argv", "traceback"),
    [
        ("os.kill(os.getpid(), signal.SIGTERM)", [], False),
        ("os.kill(os.getpid(), signal.SIGTERM)", ["--debug"], True),
        ("raise ValueError", [], True),
    ],
)
def test_what_breaks_while_stopping_is_kept_quiet(what: str, argv: list[str], traceback: bool) -> None:  # noqa: FBT001  # a parameter of the test
    script = BREAKS.format(what=what)
    done = subprocess.run([sys.executable, "-c", script, *argv], capture_output=True, text=True, timeout=60, check=True)
    assert ("Exception ignored" in done.stderr) == traceback
    assert traceback or done.stderr == ""
