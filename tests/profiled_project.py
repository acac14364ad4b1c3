"""A config with an export, made row by row, for tests of `validate --data`."""

from __future__ import annotations

import json
import random
import zipfile
from datetime import datetime
from pathlib import Path

from valuekit.pipeline.profiling import DataChecked, check_data

NOW = datetime(2026, 6, 1)

CONFIG = """\
[ih]
path = "exports"
file_pattern = "*.zip"

[ih.extensions]
filter = "Channel <> 'Branch'"
columns = { Medium = "CASE WHEN Channel = 'Email' THEN 'Mail' ELSE 'Screen' END" }

[metrics.engagement]
group_by = [
    "Day",
    "Channel",
    "Medium",
]
positive_model_response = ["Clicked"]
negative_model_response = ["Impression", "Pending"]
"""


def row(number: int, **changes: object) -> dict[str, object]:
    """One outcome of Interaction History, as an export has it."""
    dice = random.Random(number)  # noqa: S311
    values: dict[str, object] = {
        "pxFactID": number,
        "pxInteractionID": number // 2,
        "pyOutcome": dice.choice(["Impression", "Impression", "Pending", "Clicked"]),
        "pxOutcomeTime": f"202601{1 + number % 28:02d}T101500.000 GMT",
        "pyChannel": dice.choice(["Web", "Mobile", "Email", "Branch"]),
        "ModelControlGroup": dice.choice(["Test", "Test", "Control"]),
        "pyPropensity": round(dice.random(), 4),
        "CustomerID": f"C{number}",
    }
    return {name: value for name, value in {**values, **changes}.items() if value is not None}


class Project:
    """A config and its exports."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "valuekit.toml"
        (folder / "exports").mkdir()
        self.config(CONFIG)

    def config(self, text: str) -> None:
        self.path.write_text(text, encoding="utf-8")

    def export(self, name: str, rows: list[dict[str, object]]) -> None:
        lines = "".join(json.dumps(one) + "\n" for one in rows)
        with zipfile.ZipFile(self.folder / "exports" / f"{name}.zip", "w") as archive:
            archive.writestr(f"{name}.json", lines)

    def check(self, *data: Path) -> DataChecked:
        return check_data(self.path, data=data, now=NOW)

    def found(self) -> dict[str, list[tuple[str | None, int | None, str]]]:
        """By rule: path, line and message."""
        findings: dict[str, list[tuple[str | None, int | None, str]]] = {}
        for one in self.check().checked.findings:
            findings.setdefault(one.rule, []).append((one.path, one.line, one.message))
        return findings
