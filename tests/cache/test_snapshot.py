"""Snapshots: what is damaged, lost or of another database is published again, and nothing else is."""

from __future__ import annotations

import os
import shutil
import threading
from typing import TYPE_CHECKING

import pytest

from sample_history import CONFIG, make_history, open_workspace, write_export
from valuekit.cache import snapshot
from valuekit.cache.store import DATABASE, writing
from valuekit.errors import CacheError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from valuekit.pipeline import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "valuekit.toml").write_text(CONFIG)
    write_export(tmp_path / "exports" / "1.zip", make_history(1, offers=40))
    opened = open_workspace(tmp_path)
    opened.ingest()
    return opened


def total(workspace: Workspace) -> object:
    return workspace.compute(["engagement"]).results[0].rows.row(0)


def current(workspace: Workspace) -> Path:
    pointer = snapshot.read_pointer(workspace.folder)
    assert pointer is not None
    return workspace.folder / pointer.snapshot


def spoil(workspace: Workspace, where: slice) -> None:
    content = bytearray(current(workspace).read_bytes())
    content[where] = b"\xff" * len(content[where])
    current(workspace).write_bytes(content)


DAMAGE: dict[str, Callable[[Workspace], object]] = {
    "snapshot gone": lambda workspace: current(workspace).unlink(),
    "snapshot empty": lambda workspace: os.truncate(current(workspace), 0),
    "snapshot cut": lambda workspace: os.truncate(current(workspace), 5000),
    "snapshot half": lambda workspace: os.truncate(current(workspace), current(workspace).stat().st_size // 2),
    "snapshot spoiled": lambda workspace: spoil(workspace, slice(4000, 30000)),
    "snapshot foreign": lambda workspace: current(workspace).write_text("something else"),
    "pointer cut": lambda workspace: (workspace.folder / snapshot.POINTER).write_text('{"snap'),
    "pointer empty": lambda workspace: (workspace.folder / snapshot.POINTER).write_text("{}"),
    "pointer elsewhere": lambda workspace: (workspace.folder / snapshot.POINTER).write_text(
        '{"snapshot": "../../other.duckdb", "cache": "", "generation": 1}'
    ),
    "snapshot without tables": lambda workspace: shutil.copy(_bare(workspace), current(workspace)),
}


def _bare(workspace: Workspace) -> Path:
    folder = workspace.folder.parent / "bare"
    with writing(folder):
        pass
    return folder / DATABASE


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_damage_is_named_with_its_remedy_and_the_remedy_heals_it(
    workspace: Workspace, damage: Callable[[Workspace], object]
) -> None:
    expected = total(workspace)
    damage(workspace)
    for ask in (workspace.compute, workspace.status, workspace.outcomes):
        with pytest.raises(CacheError, match="run `valuekit ingest`"):
            ask()
    report = workspace.ingest()
    assert report.partitions_restated == 0
    assert total(workspace) == expected


def test_a_new_database_is_published_even_where_its_generation_is_the_old_one(workspace: Workspace) -> None:
    with writing(workspace.folder) as store:
        generation = store.generation()
    (workspace.folder / DATABASE).unlink()
    write_export(workspace.config.folder / "exports" / "1.zip", make_history(1, offers=80))
    workspace.ingest()
    with writing(workspace.folder) as store:
        assert store.generation() == generation, "the case that this test is about"
    assert workspace.compute().data.facts > 80
    assert sum(workspace.outcomes()["Rows"]) == workspace.compute().data.facts


def test_a_lost_run_ledger_never_has_a_live_snapshot_replaced(workspace: Workspace) -> None:
    files = [current(workspace)]
    with snapshot.reading(workspace.folder) as connection:
        before = connection.execute("SELECT count(*) FROM partitions").fetchall()
        kept = files[0].read_bytes()
        (workspace.folder / "runs.jsonl").unlink()
        write_export(workspace.config.folder / "exports" / "2.zip", make_history(2, offers=40))
        assert workspace.ingest().run_id == 1
        files.append(current(workspace))
        assert files[0] != files[1]
        assert files[0].read_bytes() == kept
        assert connection.execute("SELECT count(*) FROM partitions").fetchall() == before


def test_reads_may_overlap_in_one_process(workspace: Workspace) -> None:
    expected = total(workspace)
    with workspace._reading() as connection:
        assert total(open_workspace(workspace.config.folder)) == expected
        assert connection.execute("SELECT count(*) FROM metrics").fetchall() == [(2,)]
    found: list[object] = []

    def read() -> None:
        found.extend(total(open_workspace(workspace.config.folder)) for _ in range(4))

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 12


@pytest.mark.parametrize("path", ["/etc/passwd", "../../valuekit.toml"])
def test_no_expression_reads_a_file(workspace: Workspace, path: str) -> None:
    with pytest.raises(UsageError):
        workspace.compute(["engagement"], where=f"Channel IN (SELECT content FROM read_text('{path}'))")


def test_a_failed_copy_tells_its_own_error_and_leaves_the_old_snapshot(workspace: Workspace) -> None:
    expected = total(workspace)
    with writing(workspace.folder) as store:
        with store.transaction():
            store.connection.execute("INSERT INTO metrics VALUES ('beef', 'lost', 'engagement', '{}', 1)")
        with pytest.raises(Exception, match="cells_beef"):
            snapshot.publish(store, 2, {"beef"})
        with store.transaction():
            store.connection.execute("DELETE FROM metrics WHERE fingerprint = 'beef'")
    assert total(workspace) == expected
    workspace.ingest()
    assert total(workspace) == expected
