"""`cache export` and `cache import` on the command line: what is said, where, and the exit code."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    Call = Callable[..., Any]


def test_cells_go_from_one_cache_to_another(demo: Path, call: Call, tmp_path: Path) -> None:
    done = call("cache", "export", "cells")
    assert (done.code, done.out) == (0, "")
    assert "metrics, 3 days" in done.err
    assert json.loads((demo / "cells" / "manifest.json").read_text())["schema"] == "valuekit-cells/1"
    other = ("--cache", tmp_path / "other")
    done = call("cache", "import", "cells", *other)
    assert (done.code, done.out) == (0, "")
    assert "metrics, 3 days" in done.err
    asked = ("compute", "engagement", "--by", "Day,Channel", "--no-ingest", "--format", "csv")
    assert call(*asked, *other).out == call(*asked).out
    done = call("cache", "import", "cells/manifest.json", *other)
    assert done.code == 4
    assert "nothing imported" in done.err
    assert "3 days left as the cache has them: 2026-01-01, 2026-01-02, 2026-01-03; --replace" in done.err
    done = call("cache", "import", "--replace", "cells", *other)
    assert done.code == 0
    assert "3 days of them again" in done.err


def test_what_cannot_be_imported_is_one_plain_line(demo: Path, call: Call) -> None:
    done = call("cache", "import", demo / "exports")
    assert done.code == 3
    assert done.err.count("\n") == 1
    assert "manifest.json cannot be read" in done.err
    done = call("cache", "export", demo / "exports")
    assert done.code == 2
    assert "not empty" in done.err
