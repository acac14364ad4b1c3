"""What a pattern finds, on a real tree of folders."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from valuekit.sources import find_files

TREE = [
    "b.zip",
    "a.zip",
    "A.ZIP",
    "notes.txt",
    ".hidden.zip",
    "2025/01/c.zip",
    "2025/01/c.json.zip",
    "2025/.cache/d.zip",
    ".valuekit/e.zip",
    "2025/02/f.zip.part",
    "data.parquet/part-0.parquet",
]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in TREE:
        path = tmp_path / "root" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path / "root"


def names(root: Path, pattern: str) -> list[str]:
    return [str(path.relative_to(root)) for path in find_files(root, pattern)]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("**/*.zip", ["2025/01/c.json.zip", "2025/01/c.zip", "a.zip", "b.zip"]),
        ("*.zip", ["a.zip", "b.zip"]),
        ("*.ZIP", ["A.ZIP"]),
        ("*.[zZ][iI][pP]", ["A.ZIP", "a.zip", "b.zip"]),
        ("?.zip", ["a.zip", "b.zip"]),
        ("2025/*/c.zip", ["2025/01/c.zip"]),
        ("./2025/**/*.zip", ["2025/01/c.json.zip", "2025/01/c.zip"]),
        ("**/01/**/*.zip", ["2025/01/c.json.zip", "2025/01/c.zip"]),
        ("2025/**", ["2025/01/c.json.zip", "2025/01/c.zip", "2025/02/f.zip.part"]),
        ("*", ["A.ZIP", "a.zip", "b.zip", "notes.txt"]),
        ("**/*.parquet", ["data.parquet/part-0.parquet"]),
        ("a.zip", ["a.zip"]),
        ("*.csv", []),
        ("", []),
    ],
)
def test_patterns(tree: Path, pattern: str, found: list[str]) -> None:
    assert names(tree, pattern) == found


def test_a_pattern_that_leads_elsewhere(tree: Path) -> None:
    assert find_files(tree / "2025", "../a.zip") == [tree / "2025" / ".." / "a.zip"]
    assert find_files(tree / "2025", f"{tree}/?.zip") == [tree / "a.zip", tree / "b.zip"]


def test_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert find_files(tmp_path / "missing", "**/*") == []
    assert find_files(tmp_path / "file", "**/*") == []


def test_links_are_followed_once_and_dangling_ones_named(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "g.zip").touch()
    (tmp_path / "other" / "back").symlink_to(tree, target_is_directory=True)
    (tree / "2025" / "elsewhere").symlink_to(tmp_path / "other", target_is_directory=True)
    (tree / "2025" / "loop").symlink_to(tree, target_is_directory=True)
    (tree / "2025" / "itself.zip").symlink_to("itself.zip")
    (tree / "2025" / "dangling.zip").symlink_to("nowhere")
    (tree / "2025" / "linked.zip").symlink_to(tree / "a.zip")
    assert names(tree, "**/*.zip") == [
        "2025/01/c.json.zip",
        "2025/01/c.zip",
        "2025/dangling.zip",
        "2025/elsewhere/g.zip",
        "2025/itself.zip",
        "2025/linked.zip",
        "a.zip",
        "b.zip",
    ]


def test_many_links_between_folders_take_no_time(tmp_path: Path) -> None:
    for one in range(12):
        (tmp_path / str(one)).mkdir()
        (tmp_path / str(one) / "x.zip").touch()
        for other in range(12):
            (tmp_path / str(one) / f"to{other}").symlink_to(tmp_path / str(other), target_is_directory=True)
    assert names(tmp_path, "**/*.zip") == sorted(f"{one}/x.zip" for one in range(12))


def test_what_matches_and_is_no_file_is_named(tree: Path) -> None:
    (tree / "folder.zip").mkdir()
    os.mkfifo(tree / "pipe.zip")
    assert names(tree, "*.zip") == ["a.zip", "b.zip", "folder.zip", "pipe.zip"]
    (tree / "folder.zip" / "inner.zip").touch()
    assert names(tree, "**/*.zip")[-2:] == ["folder.zip/inner.zip", "pipe.zip"]


def test_a_folder_that_may_not_be_opened_is_named(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scandir = os.scandir

    def refuse(path: Path) -> object:
        if Path(path).name == "01":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert names(tree, "**/*.zip") == ["2025/01", "a.zip", "b.zip"]


def test_finding_files_needs_no_data_library() -> None:
    code = "import sys, valuekit.sources; print({'polars', 'pyarrow', 'numpy'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
