from __future__ import annotations

import json
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


def test_what_init_writes_is_valid(call: Call) -> None:
    assert call("init", "new").code == 0
    done = call("validate", "new/valuekit.toml", "--strict")
    assert (done.code, done.out) == (0, "")
