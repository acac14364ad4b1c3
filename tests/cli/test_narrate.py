from __future__ import annotations

import io
import json
from datetime import datetime

from valuekit.cli.narrate import Narrator
from valuekit.reports.plain import plain


def _said(*, log_format: str = "text", quiet: bool = False, verbose: bool = False) -> list[str]:
    stream = io.StringIO()
    narrator = Narrator(stream, "json" if log_format == "json" else "text", quiet=quiet, verbose=verbose)
    narrator.say("3 files landed", event="ingest", files_landed=3)
    narrator.detail("took 2 s")
    narrator.warn("4 rows set aside")
    narrator.error("no such file", "data")
    return stream.getvalue().splitlines()


def test_text() -> None:
    assert _said() == [
        "3 files landed",
        "valuekit: warning: 4 rows set aside",
        "valuekit: error: no such file [data]",
    ]


def test_quiet_keeps_warnings_and_errors() -> None:
    assert _said(quiet=True, verbose=True) == [
        "valuekit: warning: 4 rows set aside",
        "valuekit: error: no such file [data]",
    ]


def test_verbose_adds_details() -> None:
    assert "took 2 s" in _said(verbose=True)


def test_json_is_one_object_a_line_with_time_and_fields() -> None:
    lines = [json.loads(line) for line in _said(log_format="json", verbose=True)]
    assert [line["level"] for line in lines] == ["info", "debug", "warning", "error"]
    assert lines[0]["message"] == "3 files landed"
    assert lines[0]["files_landed"] == 3
    assert lines[3]["id"] == "data"
    assert all(datetime.fromisoformat(line["time"]).tzinfo for line in lines)


def test_a_message_is_one_line_that_cannot_steer_a_terminal() -> None:
    assert plain("a\nb\x1b[31mred\u2028é") == "a b\\x1b[31mred\\u2028é"
