"""`valuekit report` as a user runs it: formats, places, exit codes and what is said."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import webbrowser
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from valuekit.cache.lock import writer_lock
from valuekit.cli import rendering, watching
from valuekit.cli.complete import report_names
from valuekit.cli.reporting import own_name
from valuekit.pipeline.discover import OUTPUTS
from valuekit.synthetic import generate_history

if TYPE_CHECKING:
    from collections.abc import Callable

    Call = Callable[..., Any]

NO_INGEST = "--no-ingest"
CSV = ("report", "ctr_by_channel", NO_INGEST, "--format", "csv")
ADDED = """
[metrics.engagement_new]
group_by = ["Channel"]
positive_model_response = ["Clicked"]
negative_model_response = ["Impression"]

[reports.not_yet]
metric = "engagement_new"
type = "line"
x = "Channel"
y = "CTR"
"""


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.usefixtures("demo")
def test_a_report_says_what_compute_says(call: Call) -> None:
    reported = rows_of(call(*CSV).out)
    computed = rows_of(call("compute", "engagement", "--by", "Channel", NO_INGEST, "--format", "csv").out)
    assert len(reported) == 3
    assert [{name: row[name] for name in reported[0]} for row in computed] == reported
    assert {"Channel", "Count", "CTR", "CTR_CI_Low", "CTR_CI_High"} <= set(reported[0])


@pytest.mark.usefixtures("demo")
def test_in_a_pipe_one_report_is_tsv_and_several_are_json(call: Call) -> None:
    one = call("report", "ctr_by_channel", NO_INGEST)
    assert (one.code, one.out.splitlines()[0].split("\t")[:2]) == (0, ["Channel", "Count"])
    both = call("report", "ctr_by_channel", "ctr_by_day", NO_INGEST)
    assert [report["name"] for report in json.loads(both.out)["reports"]] == ["ctr_by_channel", "ctr_by_day"]
    assert "several reports: written as json" in both.err


def test_new_files_are_landed_first(demo: Path, call: Call) -> None:
    before = json.loads(call("report", "ctr_by_channel", "--format", "json", NO_INGEST).out)
    generate_history(demo / "exports", rows=200, days=1, start=date(2026, 1, 4))
    done = call("report", "ctr_by_channel", "--format", "json")
    after = json.loads(done.out)
    assert after["run"]["files_landed"] == 1
    assert after["data"]["facts"] > before["data"]["facts"]
    assert "1 file landed" in done.err
    assert before["run"] is None


def test_a_busy_cache_is_no_obstacle_unless_landing_is_asked_for(demo: Path, call: Call) -> None:
    with writer_lock(demo / ".valuekit" / "valuekit", 0):
        done = call("report", "ctr_by_channel")
        assert (done.code, len(done.out.splitlines())) == (0, 4)
        assert "from the last published snapshot" in done.err
        assert call("report", "ctr_by_channel", "--ingest").code == 75


def test_every_report_and_panel_has_a_file_in_a_folder(demo: Path, call: Call) -> None:
    done = call("report", NO_INGEST, "--format", "csv", "-o", "out")
    assert done.code == 0
    names = {path.stem for path in (demo / "out").glob("*.csv")}
    body = json.loads(call("report", NO_INGEST, "--format", "json").out)
    stems = {
        "_".join(filter(None, (report["name"], panel["name"])))
        for report in body["reports"]
        for panel in report["panels"]
    }
    assert names == stems
    assert len(names) > len(body["reports"])
    assert done.err.count("wrote out/") == len(names)
    assert (demo / "out" / "ctr_by_channel.csv").read_text() == call(*CSV).out


@pytest.mark.parametrize("layout", ["json", "md"])
def test_documents_go_one_by_one_into_a_folder_too(demo: Path, call: Call, layout: str) -> None:
    assert call("report", "ctr_by_channel", "funnel", NO_INGEST, "--format", layout, "-o", "out/").code == 0
    assert sorted(path.name for path in (demo / "out").iterdir()) == [f"ctr_by_channel.{layout}", f"funnel.{layout}"]
    assert call("report", "ctr_by_channel", "funnel", NO_INGEST, "-o", f"both.{layout}").code == 0
    assert "Where" not in (demo / f"both.{layout}").read_text(encoding="utf-8")


def test_what_is_written_is_never_a_source(demo: Path, call: Call) -> None:
    assert call(*CSV, "-o", "exports/ctr.zip").code == 0
    assert "exports/ctr.zip" in (demo / ".valuekit" / "valuekit" / OUTPUTS).read_text()
    assert call("ingest").code == 0


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("ctr_by_chanel",), 'Did you mean "ctr_by_channel"'),
        (("--tag", "Engagment"), '"Engagement"'),
        (("--format", "csv"), "-o DIR"),
        (("--format", "csv", "-o", "one.csv"), "-o DIR"),
        (("--format", "terminal", "-o", "exports/"), "-o FILE"),
        (("ctr_by_channel", "--open", "--format", "csv"), "--open needs one file"),
        (("--open", "--format", "png", "-o", "pictures/"), "--open needs one file"),
        (("--open", "-o", "-"), "--open needs one file"),
        (("--format", "html", "--limit", "5"), "--limit goes with"),
        (("--format", "html", "-o", "valuekit.toml"), "is the config"),
        (("ctr_by_channel", "-o", "exports/2026-01-01.zip"), "is a source file"),
        (("--format", "json", "-o", ".valuekit/valuekit/x.json"), "in the cache"),
    ],
)
def test_what_cannot_be_meant_is_refused(demo: Path, call: Call, argv: tuple[str, ...], said: str) -> None:
    done = call("report", NO_INGEST, *argv)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert not (demo / "one.csv").exists()


@pytest.mark.usefixtures("demo")
def test_a_category_picks_its_reports(call: Call) -> None:
    body = json.loads(call("report", NO_INGEST, "--tag", "customers", "--format", "json").out)
    assert [report["category"] for report in body["reports"]] == ["Customers"] * 3


def test_a_report_that_fails_leaves_the_others_and_ends_with_4(demo: Path, call: Call) -> None:
    with (demo / "valuekit.toml").open("a", encoding="utf-8") as config:
        config.write(ADDED)
    done = call("report", "ctr_by_channel", "not_yet", NO_INGEST, "--format", "json")
    assert done.code == 4
    assert "not_yet failed: " in done.err
    first, second = json.loads(done.out)["reports"]
    assert first["failure"] is None
    assert len(first["panels"][0]["rows"]) == 3
    assert (second["panels"], second["failure"] in done.err) == ([], True)
    alone = call("report", "not_yet", NO_INGEST, "--format", "csv")
    assert (alone.code, alone.out) == (4, "")
    shown = call("report", "not_yet", NO_INGEST, "--format", "terminal")
    assert (shown.code, "failed: " in shown.out) == (4, True)


@pytest.mark.usefixtures("demo")
def test_nothing_published_is_an_error(call: Call) -> None:
    done = call("report", "--cache", "elsewhere", NO_INGEST, "--format", "json")
    assert (done.code, done.out) == (3, "")


def test_a_config_without_reports_says_so(demo: Path, call: Call) -> None:
    text = (demo / "valuekit.toml").read_text(encoding="utf-8")
    (demo / "valuekit.toml").write_text(text.partition("[reports.")[0], encoding="utf-8")
    done = call("report", NO_INGEST)
    assert done.code == 2
    assert "no reports" in done.err


@pytest.mark.usefixtures("demo")
def test_a_limit_cuts_and_says_so(call: Call) -> None:
    done = call(*CSV, "--limit", "2")
    assert len(rows_of(done.out)) == 2
    assert "ctr_by_channel: 2 of 3 rows shown; --limit 2 cuts" in done.err
    shown = call("report", "ctr_by_channel", NO_INGEST, "--format", "terminal", "--limit", "2")
    assert "2 of 3 rows shown: --limit 3 shows all" in shown.out


@pytest.mark.usefixtures("demo")
def test_further_panels_are_named(call: Call) -> None:
    done = call("report", "model_quality", NO_INGEST, "--format", "tsv")
    assert "roc_auc" in done.out.splitlines()[0]
    assert "model_quality has further panels (ROC" in done.err
    assert "-o DIR" in done.err


@pytest.mark.usefixtures("demo")
def test_equal_inputs_give_equal_bytes(call: Call) -> None:
    for layout in ("terminal", "json", "md"):
        argv = ("report", "model_quality", "funnel", "segments", NO_INGEST, "--format", layout)
        assert call(*argv).out == call(*argv).out


def test_the_terminal_layout_fits_and_is_plain_in_a_file(
    demo: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    done = call("report", NO_INGEST, "--format", "terminal", "--color", "always")
    assert "\x1b[" in done.out
    assert "Key numbers" in done.out
    assert call("report", "funnel", NO_INGEST, "--format", "terminal", "--color", "always", "-o", "all.txt").code == 0
    assert "\x1b[" not in (demo / "all.txt").read_text(encoding="utf-8")
    plain = call("report", NO_INGEST, "--format", "terminal").out
    assert max(map(len, plain.splitlines())) <= 60


class Browser:
    """Stands for the user's browser."""

    def __init__(self, *, there: bool) -> None:
        self.there, self.opened = there, list[str]()

    def open(self, address: str) -> bool:
        self.opened.append(address)
        return self.there


@pytest.mark.parametrize("there", [True, False])
def test_a_page_is_named_after_the_config_and_opened(
    demo: Path, call: Call, monkeypatch: pytest.MonkeyPatch, *, there: bool
) -> None:
    browser = Browser(there=there)
    monkeypatch.setattr(webbrowser, "open", browser.open)
    monkeypatch.setattr(rendering, "_page", lambda _, document: f"<p>{len(document.reports)}")
    done = call("report", NO_INGEST, "--open")
    assert (done.code, done.out) == (0, "")
    whole = (demo / "valuekit.html").read_text()
    assert browser.opened == [(demo / "valuekit.html").as_uri()]
    assert ("found no browser; open valuekit.html yourself" in done.err) is not there
    assert call("report", "funnel", NO_INGEST, "--format", "html", "-o", "-").out == "<p>1"
    assert call("report", "--tag", "Data", NO_INGEST, "--open").code == 0
    assert (demo / "valuekit_Data.html").read_text() == "<p>3"
    assert (demo / "valuekit.html").read_text() == whole != "<p>3"


@pytest.mark.parametrize(
    ("names", "tag", "name"),
    [
        (None, None, "bank"),
        (["funnel"], None, "bank_funnel"),
        (["a", "b", "c"], None, "bank_a_b_c"),
        (["a", "b", "c", "d", "e"], None, "bank_a_b_c_2_more"),
        (None, "[Big Data/../x]", "bank_Big_Data_.._x"),
        (["../../etc/passwd"], "BIZ", "bank__._.._etc_passwd_BIZ"),
    ],
)
def test_a_page_of_some_reports_has_a_name_of_its_own(names: list[str] | None, tag: str | None, name: str) -> None:
    assert own_name(Path("conf/bank.toml"), names, tag) == name


def test_a_terminal_layout_in_a_pipe_or_a_file_has_80_columns(
    demo: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    assert call("report", NO_INGEST, "--format", "terminal", "-o", "all.txt").code == 0
    told = call("report", NO_INGEST, "--format", "terminal").out
    assert max(map(len, told.splitlines())) == 80
    assert (demo / "all.txt").read_text(encoding="utf-8") == told
    numbers = told[: told.index("\n\n", told.index("customers_count"))]
    assert numbers.count("───\n") == 1
    assert all(name in numbers for name in ("95 % CI", "by day", "average_precision", "average_value_this_year"))


def test_watching_renders_again_and_survives_a_broken_config(
    demo: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = demo / "valuekit.toml"
    good = config.read_text(encoding="utf-8")
    pointer = demo / ".valuekit" / "valuekit" / "current.json"

    def write(text: str) -> None:
        config.write_text(text, encoding="utf-8")

    def stop() -> None:
        raise KeyboardInterrupt

    steps = iter(
        (
            lambda: None,
            lambda: write(good.replace("Click-through rate by channel", "Second")),
            lambda: write("[ih\n"),
            lambda: write(good.replace("Click-through rate by channel", "Third")),
            lambda: os.utime(pointer, ns=(1, 1)),
            stop,
        )
    )

    def wait(seconds: float) -> None:
        if seconds == watching.EVERY_SECONDS:
            next(steps)()

    monkeypatch.setattr(watching, "sleep", wait)
    done = call("report", "ctr_by_channel", NO_INGEST, "--format", "md", "--watch")
    assert done.code == 130
    titles = [line.removeprefix("## ") for line in done.out.splitlines() if line.startswith("## ")]
    assert titles == ["Click-through rate by channel", "Second", "Third", "Third"]
    assert "VK102" in done.err


@pytest.mark.usefixtures("demo")
def test_ctrl_c_ends_watching() -> None:
    command = [sys.executable, "-m", "valuekit", "report", "ctr_by_channel", NO_INGEST, "--format", "csv", "--watch"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        first = running.stdout.readline()
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=30)
    assert first.startswith("Channel,")
    assert running.returncode == 130
    assert said.count("\n") == 2
    assert "interrupted" in said


def test_waiting_ends_when_what_is_written_has_settled(tmp_path: Path) -> None:
    file, done = tmp_path / "a", list[int]()
    writes = iter(["1", "12", "123", None, None])
    waited: list[float] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        text = next(writes)
        if text is not None:
            file.write_text(text)

    def again() -> None:
        done.append(file.stat().st_size if file.exists() else 0)
        if len(done) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        watching.watch(again, lambda: (file,), wait)
    assert done == [0, 3]
    assert waited == [1.0, 0.2, 0.2, 0.2]


@pytest.mark.usefixtures("demo")
def test_names_of_reports_are_completed() -> None:
    class Context:
        params: dict[str, object] = {}  # noqa: RUF012  what Typer has

    assert report_names(Context(), "ctr_by") == ["ctr_by_channel", "ctr_by_day", "ctr_by_issue"]  # type: ignore[arg-type]


def test_standard_input_cannot_be_watched(demo: Path, process: Call) -> None:
    text = (demo / "valuekit.toml").read_text(encoding="utf-8")
    done = process("report", "-c", "-", NO_INGEST, "--watch", "--format", "json", stdin=text)
    assert done.code == 2
    assert "standard input cannot change" in done.err
    assert Path("valuekit.toml").exists()
