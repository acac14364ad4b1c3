"""The command as a process: exit codes, streams, signals, closed pipes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from typing import Any

    Call = Callable[..., Any]


def _start(*argv: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "valuekit", *argv],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_data_is_on_stdout_and_nothing_else(process: Call) -> None:
    done = process("list", "rules", "--format", "json")
    assert done.code == 0
    assert done.err == ""
    assert json.loads(done.out)["schema"] == "valuekit/1"


def test_no_arguments_show_the_help_and_are_a_usage_error(process: Call) -> None:
    done = process()
    assert done.code == 2
    assert "Usage: valuekit" in done.out


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["compue"], "Did you mean 'compute'?"),
        (["compute", "--frmat", "json"], "--format"),
        (["compute", "--format", "xml"], "'json'"),
        (["compute", "--limit", "0"], "--limit"),
        (["cache"], "Missing command"),
        (["list", "metric"], "'metrics'"),
        (["explain"], "NAME"),
        (["explain", "Lfit"], 'Did you mean "Lift"?'),
        (["--frobnicate", "compute"], "--frobnicate"),
        (["validate", "--output", "x", "-"], "FMT:PATH"),
        (["validate", "--select", "VK9999", "-"], "VK9"),
        (["ingest", "--since", "yesterday"], "YYYY-MM-DD"),
        (["ingest", "--since", "2026-02-01", "--until", "2026-01-01"], "--since"),
        (["status", "--max-age", "old"], "26h"),
        (["ingest", "--lock-timeout", "soon"], "--lock-timeout"),
    ],
)
def test_usage_errors_are_one_line_with_a_suggestion(argv: Sequence[str], said: str, call: Call) -> None:
    done = call(*argv)
    assert done.code == 2
    assert done.out == ""
    assert done.err.count("\n") == 1
    assert done.err.startswith("valuekit: error: ")
    assert said in done.err
    assert done.err.endswith(" [usage]\n")


def test_the_version(process: Call) -> None:
    assert process("--version").out.startswith("valuekit 0.")


@pytest.mark.skipif(os.name == "nt", reason="signals of another kind")
@pytest.mark.parametrize(
    ("number", "code", "word"), [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")]
)
def test_a_signal_ends_with_one_plain_line(number: signal.Signals, code: int, word: str) -> None:
    running = _start("-v", "validate", "--format", "json", "-", "--output", f"text:{os.devnull}")
    assert running.stdin is not None
    assert running.stderr is not None
    running.stdin.write("# more than a pipe holds, so that it is reading once this is written\n" * 10_000)
    running.stdin.flush()
    running.send_signal(number)
    _, err = running.communicate(timeout=30)
    assert running.returncode == code
    assert err.startswith(f"valuekit: error: {word}.")
    assert err.count("\n") == 1


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")
@pytest.mark.parametrize("argv", ["list rules", "--help", "explain VK101", "list rules --format table", "doctor"])
def test_a_reader_that_leaves_early_is_no_failure(argv: str) -> None:
    script = f"set -o pipefail; {sys.executable} -m valuekit {argv} | true"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_a_closed_stream_is_no_crash(closed: str) -> None:
    done = subprocess.run(["bash", "-c", f"{sys.executable} -m valuekit list rules {closed}"], timeout=60, check=False)
    assert done.returncode == 0


def test_a_full_disk_is_a_plain_error() -> None:
    if not os.path.exists("/dev/full"):  # noqa: PTH110  # no Path of a device is needed
        pytest.skip("needs /dev/full")
    with open("/dev/full", "w", encoding="utf-8") as full:  # noqa: PTH123  # a device
        done = subprocess.run(
            [sys.executable, "-m", "valuekit", "list", "rules"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 3
    assert done.stderr == "valuekit: error: no space left on device [system]\n"


def test_output_is_utf8_whatever_the_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    done = subprocess.run([sys.executable, "-m", "valuekit", "explain", "Lift_P_Val"], capture_output=True, check=True)
    assert "Φ" in done.stdout.decode("utf-8")


def test_explain_knows_scores_families_and_rules(call: Call) -> None:
    score = call("explain", "lift")
    assert "p_T/p_C - 1" in score.out
    assert "sum(" in score.out
    body = json.loads(call("explain", "Lift", "--format", "json").out)
    assert body["schema"] == "valuekit/1"
    assert body["score"]["kind"] == "distributive"
    assert {column["name"] for state in body["score"]["states"] for column in state["columns"]} == {
        "Positives_Test",
        "Negatives_Test",
        "Positives_Control",
        "Negatives_Control",
    }
    assert "Lift_P_Val" in call("explain", "engagement").out
    assert call("explain", "vk101").out.startswith("VK101 (error)")


def test_every_rule_can_be_explained(call: Call) -> None:
    rules = [row["rule"] for row in json.loads(call("list", "rules", "--format", "json").out)["rules"]]
    assert rules
    for rule in rules:
        assert call("explain", rule).out.startswith(rule)


def test_init_writes_once(call: Call, tmp_path: Path) -> None:
    first = call("init", "here")
    assert first.code == 0
    assert (tmp_path / "here" / "valuekit.toml").is_file()
    (tmp_path / "here" / "valuekit.toml").write_text("mine", encoding="utf-8")
    again = call("init", "here")
    assert again.code == 2
    assert "--force" in again.err
    assert (tmp_path / "here" / "valuekit.toml").read_text(encoding="utf-8") == "mine"
    assert call("init", "here", "--force").code == 0
    assert "[metrics" in (tmp_path / "here" / "valuekit.toml").read_text(encoding="utf-8")


def test_doctor_prints_no_value_of_the_environment(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "hunter2-xyzzy")
    monkeypatch.setenv("NO_COLOR", "xyzzy-1")
    text = call("doctor")
    assert text.code == 0
    assert "xyzzy" not in text.out + text.err
    report = json.loads(call("doctor", "--format", "json").out)["doctor"]
    assert report["set"] == {"VALUEKIT_CONFIG": False, "NO_COLOR": True}
    assert report["python"] == ".".join(map(str, sys.version_info[:3]))


def test_no_config_says_what_to_do(call: Call) -> None:
    done = call("compute")
    assert done.code == 2
    assert "valuekit init" in done.err
    assert done.err.endswith("[config]\n")
