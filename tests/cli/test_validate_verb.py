from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    Call = Callable[..., Any]

GOOD = """[ih]
[metrics.engagement]
group_by = ["Channel"]
positive_model_response = ["Clicked"]
negative_model_response = ["Impression"]
"""
BAD = GOOD + 'grup_by = ["Channel"]\n'
UNUSED = GOOD + "[checks]\n"


@pytest.fixture
def configs(tmp_path: Path) -> Path:
    for name, text in (("good", GOOD), ("bad", BAD), ("unused", UNUSED), ("broken", "[ih\n")):
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    return tmp_path


pytestmark = pytest.mark.usefixtures("configs")


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (["good.toml"], 0),
        (["bad.toml"], 1),
        (["unused.toml"], 0),
        (["unused.toml", "--strict"], 1),
        (["broken.toml"], 2),
        (["gone.toml"], 2),
        ([], 2),
        (["good.toml", "bad.toml"], 1),
        (["bad.toml", "broken.toml"], 2),
        (["bad.toml", "--ignore", "VK202"], 0),
        (["bad.toml", "--ignore", "vk2"], 0),
        (["bad.toml", "--select", "VK9"], 0),
        (["bad.toml", "--select", "VK2,VK9"], 1),
        (["broken.toml", "--ignore", "VK1"], 2),
    ],
)
def test_exit_codes(argv: list[str], code: int, call: Call) -> None:
    assert call("validate", *argv).code == code


def test_text_names_place_rule_and_nearest(call: Call) -> None:
    done = call("validate", "bad.toml")
    assert done.out.startswith("bad.toml:6:1: error VK202: ")
    assert "'group_by'" in done.out
    assert done.err == "1 error in 1 config\n"
    assert call("-q", "validate", "bad.toml").err == ""


def test_several_configs_are_one_document(call: Call) -> None:
    document = json.loads(call("validate", "bad.toml", "broken.toml", "--format", "json").out)
    assert document["schema"] == "valuekit/1"
    assert {finding["file"] for finding in document["findings"]} == {"bad.toml", "broken.toml"}


def test_standard_input(process: Call) -> None:
    done = process("validate", "-", "--format", "github", stdin=BAD)
    assert done.code == 1
    assert done.out.startswith("::error file=-,line=6,col=1,title=VK202::")


def test_outputs_are_written_besides(call: Call, configs: Path) -> None:
    done = call("validate", "bad.toml", "--output", "json:f.json", "--output", "github:f.txt", "--format", "text")
    assert done.out.startswith("bad.toml:6:1: ")
    assert json.loads((configs / "f.json").read_text(encoding="utf-8"))["findings"]
    assert (configs / "f.txt").read_text(encoding="utf-8").startswith("::error ")
    assert call("validate", "bad.toml", "--output", "json:no/such/folder.json").code == 3


def test_a_config_is_taken_from_the_flag_or_the_folder(call: Call, configs: Path) -> None:
    assert call("validate", "-c", "bad.toml").code == 1
    (configs / "valuekit.toml").write_text(GOOD, encoding="utf-8")
    assert call("validate").code == 0


@pytest.mark.parametrize("flag", ["--select", "--ignore"])
def test_an_unknown_rule_is_a_usage_error_with_the_nearest(flag: str, call: Call) -> None:
    done = call("validate", "good.toml", flag, "VK2,VK202x")
    assert done.code == 2
    assert "VK202" in done.err.partition("Did you mean")[2]
    assert call("validate", "good.toml", flag, "nonsense").code == 2


def test_select_and_ignore_repeat_and_take_families(call: Call) -> None:
    text = "--format", "json"
    found = json.loads(call("validate", "bad.toml", "unused.toml", *text).out)["findings"]
    assert {one["rule"] for one in found} == {"VK202", "VK902"}
    for argv in (["--select", "VK202", "--select", "vk902"], ["--select", "VK2,VK9"], ["--ignore", "VK1,VK5"]):
        assert json.loads(call("validate", "bad.toml", "unused.toml", *text, *argv).out)["findings"] == found
    for argv in (["--select", "VK2"], ["--ignore", "VK902"], ["--ignore", "VK9", "--select", "VK2,VK9"]):
        kept = json.loads(call("validate", "bad.toml", "unused.toml", *text, *argv).out)["findings"]
        assert [one["rule"] for one in kept] == ["VK202"]


def test_sarif_and_junit_are_formats_too(call: Call, configs: Path) -> None:
    done = call("validate", "bad.toml", "good.toml", "--format", "sarif", "--output", "junit:sub.xml")
    assert done.code == 1
    (run,) = json.loads(done.out)["runs"]
    assert [one["ruleId"] for one in run["results"]] == ["VK202"]
    assert len(run["artifacts"]) == 2
    assert (configs / "sub.xml").read_text(encoding="utf-8").count("<testcase ") == 2


def test_an_output_can_be_stdout_and_never_a_config(call: Call, configs: Path) -> None:
    done = call("validate", "bad.toml", "--output", "json:-")
    assert json.loads(done.out)["findings"]
    for text in ("json:bad.toml", "json:./bad.toml", "xml:a", "json:", "json"):
        done = call("validate", "bad.toml", "--output", text)
        assert (done.code, done.out) == (2, "")
    assert (configs / "bad.toml").read_text(encoding="utf-8") == BAD


def test_two_formats_never_share_a_file(call: Call, configs: Path) -> None:
    refused = call("validate", "good.toml", "--output", "json:out", "--output", "sarif:./out")
    assert refused.code == 2
    assert "more than one format" in refused.err
    assert not (configs / "out").exists()
    assert call("validate", "good.toml", "--output", "json:out", "--output", "json:out").code == 0


def test_standard_input_may_hold_any_bytes() -> None:
    command = [sys.executable, "-m", "valuekit", "validate", "-", "--format", "json"]
    for data, rule, code in ((b"a = '\xff'", "VK103", 2), (b"\xef\xbb\xbf" + GOOD.encode(), "VK105", 0)):
        done = subprocess.run(command, input=data, capture_output=True, timeout=60, check=False)
        assert done.returncode == code, done.stderr
        assert [one["rule"] for one in json.loads(done.stdout)["findings"]] == [rule]


def test_a_comment_silences_a_finding_and_the_summary_says_so(call: Call, configs: Path) -> None:
    path = configs / "bad.toml"
    path.write_text(BAD.rstrip("\n") + "  # valuekit: ignore[VK202]\n", encoding="utf-8")
    done = call("validate", "bad.toml", "--strict")
    assert (done.code, done.out) == (0, "")
    assert done.err == "no problems in 1 config, 1 silenced by comments\n"
    refused = call("list", "metrics", "-c", "bad.toml")
    assert refused.code == 2
    assert "VK202" in refused.err


def test_a_config_named_twice_is_checked_once(call: Call) -> None:
    assert len(call("validate", "bad.toml", "bad.toml").out.splitlines()) == 1


def test_what_init_writes_is_valid(call: Call) -> None:
    assert call("init", "new").code == 0
    done = call("validate", "new/valuekit.toml", "--strict")
    assert (done.code, done.out) == (0, "")
