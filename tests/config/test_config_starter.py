"""The starter config is in order as it is, and with every commented line switched on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from valuekit.config import starter
from valuekit.config.load import check, load

if TYPE_CHECKING:
    from pathlib import Path


def test_it_has_no_finding() -> None:
    checked = check(None, starter.TEXT)
    assert checked.findings == ()
    assert checked.config is not None
    assert list(checked.config.metrics) == ["engagement"]
    assert checked.config.metrics["engagement"].positive == ("Clicked",)
    assert checked.config.metrics["engagement"].negative == ("Impression", "Pending")
    assert {report.type for report in checked.config.reports.values()} == {"line", "gauge", "heatmap", "treemap"}


def test_what_it_shows_in_comments_has_no_finding_either() -> None:
    shown = re.sub(r"^# (?=\[|\w+ = )", "", starter.TEXT, flags=re.MULTILINE)
    assert shown.count("\n# ") < starter.TEXT.count("\n# ") - 12
    assert check(None, shown).findings == ()


def test_a_default_that_it_shows_is_the_default(tmp_path: Path) -> None:
    path = tmp_path / "valuekit.toml"
    path.write_text(starter.TEXT, encoding="utf-8")
    plain = load(path)
    path.write_text(
        re.sub(
            r"^# (?=(timezone|day_of|keep_columns|arm_column|control|test) = )", "", starter.TEXT, flags=re.MULTILINE
        ).replace("Europe/Paris", "UTC"),
        encoding="utf-8",
    )
    assert plain.model_copy(update={"cache": None, "text": None}) == load(path).model_copy(
        update={"cache": None, "text": None}
    )
    assert plain.cache.path == tmp_path / ".valuekit"
