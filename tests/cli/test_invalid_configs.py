"""Configs that are no TOML: one line, exit code 2, and never a traceback."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from invalid_toml import INVALID

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    Call = Callable[..., Any]


@pytest.mark.parametrize(
    "document", [INVALID[number] for number in range(0, len(INVALID), 40)], ids=lambda one: repr(one)[:60]
)
def test_the_command_says_so_in_one_line_and_exits_with_2(document: str | bytes, call: Call, tmp_path: Path) -> None:
    path = tmp_path / "valuekit.toml"
    path.write_bytes(document if isinstance(document, bytes) else document.encode())
    done = call("validate", path)
    assert done.code == 2
    assert len(done.out.splitlines()) == 1
    assert "Traceback" not in done.out + done.err
    for argv in (["config", "show"], ["config", "format", "--check"], ["list", "metrics"]):
        refused = call(*argv, *(["-c"] if argv[0] == "list" else []), path)
        assert (refused.code, refused.out) == (2, "")
        assert "Traceback" not in refused.err
