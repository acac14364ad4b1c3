"""Files: whatever the bytes are, a check gives findings and never anything else."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from valuekit.config.load import Checked, check

if TYPE_CHECKING:
    from valuekit.config.findings import Finding

CONFIG = b"""[ih]
file_type = "pega_ds_export"
keep_columns = ["Caf\xc3\xa9", 'Treatment']
[ih.extensions]
columns = { Direct = "pl.col('Direction') == 'Inbound'" }
default_values = { Revenue = 0.0, Since = "\\u00e9" }
[metrics]
global_filters = ["Channel"]
[metrics.engagement]
group_by = ["Channel", "Issue"]
scores = ["CTR"]
positive_model_response = ["Clicked"]
negative_model_response = [
  "Impression", # seen
  "Pending",
]
[reports.ctr]
metric = "engagement"
type = "gauge"
reference = { Web_Sales = 0.015 }
[cache]
keep_facts = "90d"
memory_limit = "1GB"
"""


def check_bytes(folder: Path, data: bytes) -> Checked:
    path = folder / "valuekit.toml"
    path.write_bytes(data)
    return check(path)


def only(checked: Checked) -> Finding:
    assert checked.config is None
    (finding,) = checked.findings
    return finding


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    finding = only(check(tmp_path / "absent.toml"))
    assert (finding.rule, finding.file, finding.line) == ("VK101", str(tmp_path / "absent.toml"), None)
    assert "no such file" in finding.message
    assert str(finding).startswith(f"{tmp_path}/absent.toml: error VK101: ")


def test_a_folder_is_named(tmp_path: Path) -> None:
    assert "folder" in only(check(tmp_path)).message


def test_a_file_without_permission_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    finding = only(check(tmp_path / "valuekit.toml"))
    assert (finding.rule, finding.line) == ("VK101", None)
    assert finding.message.endswith("Permission denied")


@pytest.mark.parametrize("name", ["a\0b", "x" * 5000, "valuekit.toml/below"])
def test_a_path_that_cannot_be_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "valuekit.toml").write_bytes(CONFIG)
    assert only(check(tmp_path / name)).rule == "VK101"


@pytest.mark.parametrize("data", [b"", b"\n\n", b"# later\n", b"\xef\xbb\xbf", b"\r\n# x"])
def test_an_empty_file_is_said_to_be_empty(tmp_path: Path, data: bytes) -> None:
    checked = check_bytes(tmp_path, data)
    assert checked.config is None
    assert [finding.rule for finding in checked.findings if finding.rule != "VK105"] == ["VK104"]


@pytest.mark.parametrize(
    ("data", "line", "column"),
    [
        (b'[ih]\nkeep_columns = ["\xc3\xa9", "Caf\xe9"]', 2, 26),
        (b"\xff", 1, 1),
        (b"\xef\xbb\xbf# \xff", 1, 3),
        ("[ih]".encode("utf-16"), 1, 1),
        (b"PK\x03\x04\x14\x00\x08\x88", 1, 8),
        (b"[ih]\n# \xed\xa0\x80", 2, 3),
    ],
)
def test_the_first_byte_that_is_not_utf_8_is_found(tmp_path: Path, data: bytes, line: int, column: int) -> None:
    finding = only(check_bytes(tmp_path, data))
    assert (finding.rule, finding.line, finding.column) == ("VK103", line, column)


def test_a_byte_order_mark_is_skipped_and_moves_no_column(tmp_path: Path) -> None:
    checked = check_bytes(tmp_path, b"\xef\xbb\xbfcolumns = 1\n" + CONFIG)
    assert [(one.rule, one.line, one.column) for one in checked.findings] == [("VK105", 1, 1), ("VK201", 1, 1)]
    assert check_bytes(tmp_path, b"\xef\xbb\xbf" + CONFIG).config is not None


def test_an_export_given_as_a_config_is_refused_by_its_size(tmp_path: Path) -> None:
    assert only(check_bytes(tmp_path, CONFIG + b"#" * 1_000_000)).rule == "VK106"


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("[ih", 1, 4),
        ("[ih]\r\nfile_type = 'parquet", 2, 21),
        ('[ih]\nfilter = """x', 2, 14),
        ("[ih]\nx = 1\nx = 2", 3, 1),
        ("[ih]\nx = 2026-02-30", 2, 5),
        ("a = 1 b = 2", 1, 7),
        ("\x00", 1, 1),
    ],
)
def test_broken_toml_is_found_where_it_breaks(text: str, line: int, column: int) -> None:
    finding = only(check(None, text))
    assert (finding.rule, finding.line, finding.column) == ("VK102", line, column)
    assert "(at " not in finding.message


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "[" * 5000 + "]" * 5000,
        "x = " + "[" * 150 + "]" * 150,
        "x = " + "{a=" * 150 + "1" + "}" * 150,
        "[" + ".".join("a" * 3000) + "]",
        "x = " + "9" * 5000,
    ],
)
def test_monstrous_nesting_and_numbers_are_findings(text: str) -> None:
    assert only(check(None, text)).rule == "VK102"


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(0, 1), st.integers(0, 9), st.one_of(st.binary(max_size=3), st.sampled_from(list(CONFIG.split())))
        ),
        min_size=1,
        max_size=4,
    )
)
def test_mutated_bytes_give_findings_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, edits: list[tuple[float, int, bytes]]
) -> None:
    data = CONFIG
    for where, removed, added in edits:
        at = int(where * len(data))
        data = data[:at] + added + data[at + removed :]
    checked = check_bytes(tmp_path_factory.getbasetemp(), data)
    stops = any(finding.severity == "error" for finding in checked.findings)
    assert stops == (checked.config is None)
    lines = data.count(b"\n") + 1
    assert all(finding.line is None or 1 <= finding.line <= lines for finding in checked.findings)


VALUES = [
    "1",
    "-1",
    "1.5",
    "nan",
    '""',
    '"x"',
    '"\\u0000"',
    "true",
    "[]",
    "[1]",
    '["a", ""]',
    "[[]]",
    "{}",
    "{a=1}",
    "[{}]",
]
VALUES += ["1979-05-27", "07:32:00", "1979-05-27T07:32:00Z", '"' + "9" * 400 + '"', "'[[:'", "1e400", "'2026-13-01'"]
KEYS = [line.split(" = ")[0] for line in CONFIG.decode().splitlines() if " = " in line]


@pytest.mark.parametrize("value", VALUES)
def test_any_value_for_any_key_gives_findings_and_nothing_else(value: str) -> None:
    text = CONFIG.decode()
    for key in [*KEYS, "family", "lifespan", "observation_end", "rfm_segments", "timezone", "file_pattern"]:
        for section in ["[ih]", "[ih.extensions]", "[metrics]", "[metrics.engagement]", "[reports.ctr]", "[cache]"]:
            changed = text.replace(f"\n{key} = ", f"\n# {key} = ") if "[\n" not in key else text
            checked = check(None, changed.replace(section, f"{section}\n{key} = {value}", 1))
            assert checked.config is not None or checked.findings
    for section in [
        "ih",
        "holdings",
        "metrics",
        "reports",
        "cache",
        "ux",
        "copyright",
        "variants",
        "chat_with_data",
        "checks",
    ]:
        assert check(None, f"{section} = {value}").findings
