"""Cells leave one cache and enter another: equal scores, whole days, and nothing that does not fit."""

from __future__ import annotations

import json
import shutil
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from family_history import FAMILIES, project, rich_history
from sample_history import CONFIG, open_workspace, write_export
from valuekit.cache.lock import writer_lock
from valuekit.errors import CacheError, DataError, LockedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    from valuekit.pipeline import Workspace

HOLISTIC = {"AvgTouchpoints", "personalization", "novelty"}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with its cache, and what it exports; copied for each test."""
    folder = tmp_path_factory.mktemp("template")
    write_export(folder / "origin" / "exports" / "1.zip", rich_history(1))
    workspace = project(folder / "origin")
    workspace.ingest()
    workspace.export_cells(folder / "cells")
    return folder


@pytest.fixture
def origin(template: Path, tmp_path: Path) -> Workspace:
    shutil.copytree(template / "origin", tmp_path / "origin")
    return open_workspace(tmp_path / "origin")


@pytest.fixture
def cells(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template / "cells", tmp_path / "cells"))


def edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    change(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest))


def test_an_imported_cache_answers_to_the_bit_and_misses_only_what_needs_facts(
    origin: Workspace, cells: Path, tmp_path: Path
) -> None:
    other = project(tmp_path / "other")
    report = other.import_cells(cells)
    assert report.exit_code == 0
    assert len(report.metrics) == 5
    for by in ((), ("Channel",), ("Day",), ("Month", "Channel")):
        before, after = origin.compute(by=by), other.compute(by=by)
        assert len(after.results) == 5
        for expected, found in zip(before.results, after.results, strict=True):
            missing = HOLISTIC & set(found.rows.columns)
            assert found.rows.drop(missing).equals(expected.rows.drop(missing))
            assert all(found.rows[name].null_count() == found.rows.height for name in missing)
            for name in missing:
                assert any(note.score == name and "imported" in note.reason for note in found.notes)
        assert after.warnings == before.warnings
        assert (after.data.facts, after.data.first, after.data.last) == (
            before.data.facts,
            before.data.first,
            before.data.last,
        )
    assert other.outcomes().equals(origin.outcomes())


def test_the_manifest_says_what_the_files_hold(cells: Path) -> None:
    manifest = json.loads((cells / "manifest.json").read_text())
    assert manifest["schema"] == "valuekit-cells/1"
    assert {path.name for path in cells.iterdir()} == {"manifest.json", *(item["file"] for item in manifest["metrics"])}
    for item in manifest["metrics"]:
        file = cells / item["file"]
        assert sha256(file.read_bytes()).hexdigest() == item["sha256"]
        table = pq.read_table(file)
        assert table.num_rows == item["rows"]
        named = [part["name"] for part in (*item["dimensions"], *item["states"])]
        assert table.column_names == ["_partition", *named]
        canonical = json.dumps(item["definition"], sort_keys=True, ensure_ascii=False)
        assert sha256(canonical.encode()).hexdigest()[:32] == item["fingerprint"]
        assert {str(day) for day in table["_partition"].to_pylist()} <= set(item["partitions"])
        assert (item["from"], item["to"]) == (str(min(table["Day"].to_pylist())), str(max(table["Day"].to_pylist())))
    assert sum(day["rows"] for day in manifest["partitions"]) == manifest["data"]["facts"]
    assert all(sum(one["rows"] for one in day["outcomes"]) == day["rows"] for day in manifest["partitions"])


def test_a_digest_is_a_sorted_list_of_centroids(cells: Path) -> None:
    scores = pq.read_table(cells / "model_ml_scores.parquet").to_pylist()
    column = next(name for name, value in scores[0].items() if isinstance(value, list))
    for cell in scores:
        means = [centroid["mean"] for centroid in cell[column]]
        assert means == sorted(set(means))
        for centroid in cell[column]:
            assert set(centroid) == {"mean", "weight", "positives", "atom"}
            assert 0 <= centroid["positives"] <= centroid["weight"]


def test_equal_cells_give_equal_files_and_an_export_replaces_an_export(origin: Workspace, cells: Path) -> None:
    before = {path.name: path.read_bytes() for path in cells.iterdir()}
    origin.export_cells(cells)
    assert {path.name: path.read_bytes() for path in cells.iterdir()} == before
    assert {path.name for path in cells.parent.iterdir()} == {"cells", "origin"}


def test_an_export_never_overwrites_anything_else(origin: Workspace, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("keep")
    with pytest.raises(UsageError, match="not empty"):
        origin.export_cells(tmp_path / "full")
    with pytest.raises(UsageError, match="is a file"):
        origin.export_cells(tmp_path / "full" / "letter.txt")
    with pytest.raises(UsageError, match="in the cache"):
        origin.export_cells(origin.folder / "cells")
    (tmp_path / "full" / "letter.txt").rename(tmp_path / "full" / "manifest.json")
    with pytest.raises(UsageError, match="none of an export"):
        origin.export_cells(tmp_path / "full")
    assert (tmp_path / "full" / "manifest.json").read_text() == "keep"


def test_nothing_published_is_nothing_to_export(tmp_path: Path) -> None:
    with pytest.raises(CacheError, match="no published numbers"):
        project(tmp_path / "other").export_cells(tmp_path / "cells")
    assert not (tmp_path / "cells").exists()


def test_a_metric_that_is_not_built_is_left_out_and_named(origin: Workspace, tmp_path: Path) -> None:
    changed = project(tmp_path / "origin", FAMILIES.replace('["Day", "Channel", "Issue"]', '["Day"]'))
    report = changed.export_cells(tmp_path / "cells")
    assert report.exit_code == 4
    [(metric, reason)] = report.left_out
    assert metric == "engagement"
    assert "valuekit ingest" in reason
    assert origin.plans.metrics


def totals(workspace: Workspace) -> tuple[int, int]:
    """Positives and negatives of all that the cache has."""
    [row] = workspace.compute(["engagement"], scores=["Positives", "Negatives"]).results[0].rows.to_dicts()
    return row["Positives"], row["Negatives"]


def test_days_that_the_cache_has_stay(cells: Path, tmp_path: Path) -> None:
    write_export(tmp_path / "other" / "exports" / "2.zip", rich_history(2, days=2))
    other = project(tmp_path / "other")
    other.ingest()
    own = totals(other)
    report = other.import_cells(cells, replace=True)
    assert report.exit_code == 4
    assert [str(day) for day in report.kept] == ["2026-01-01", "2026-01-02"]
    assert [str(day) for day in report.days][:1] == ["2026-01-03"]
    assert report.replaced == ()
    stored = pq.read_table(cells / "engagement.parquet").to_pylist()
    new = [row for row in stored if row["_partition"] in report.days]
    assert 0 < len(new) < len(stored)
    mixed = totals(other)
    assert mixed == (own[0] + sum(row["Positives"] for row in new), own[1] + sum(row["Negatives"] for row in new))
    again = other.import_cells(cells)
    assert again.days == ()
    assert set(again.kept) == {*report.kept, *report.days}
    assert totals(other) == mixed


def test_files_of_imported_days_do_not_count_again(origin: Workspace, cells: Path, tmp_path: Path) -> None:
    write_export(tmp_path / "other" / "exports" / "1.zip", rich_history(1))
    other = project(tmp_path / "other")
    other.import_cells(cells)
    report = other.ingest()
    assert report.total("rows_landed") == 0
    assert report.total("too_late") > 0
    assert totals(other) == totals(origin)


def test_a_later_export_takes_the_place_of_an_earlier_one_on_demand(
    origin: Workspace, cells: Path, tmp_path: Path
) -> None:
    other = project(tmp_path / "other")
    other.import_cells(cells)
    write_export(tmp_path / "origin" / "exports" / "2.zip", rich_history(9, days=7))
    origin.ingest()
    origin.export_cells(cells)
    assert [str(day) for day in other.import_cells(cells).days] == ["2026-01-07"]
    assert totals(other) != totals(origin)
    report = other.import_cells(cells, replace=True)
    assert report.exit_code == 0
    assert len(report.replaced) == len(report.days) >= 7
    assert totals(other) == totals(origin)
    assert other.outcomes().equals(origin.outcomes())


def test_an_imported_cache_can_be_exported_and_ingested_into(origin: Workspace, cells: Path, tmp_path: Path) -> None:
    other = project(tmp_path / "other")
    other.import_cells(cells)
    assert other.ingest().exit_code == 0
    other.export_cells(tmp_path / "again")
    third = project(tmp_path / "third")
    third.import_cells(tmp_path / "again")
    assert totals(third) == totals(origin)


def test_a_full_refresh_says_that_imported_days_are_gone(cells: Path, tmp_path: Path) -> None:
    other = project(tmp_path / "other")
    days = other.import_cells(cells).days
    write_export(tmp_path / "other" / "exports" / "1.zip", rich_history(2))
    report = other.ingest(full_refresh=True)
    assert (
        f"{len(days)} imported days forgotten by --full-refresh: run `valuekit cache import` again" in report.warnings
    )


def test_a_renamed_metric_is_found_by_its_definition(origin: Workspace, cells: Path, tmp_path: Path) -> None:
    other = project(tmp_path / "other", FAMILIES.replace("[metrics.engagement]", "[metrics.engagement_web]"))
    assert "engagement_web" in other.import_cells(cells).metrics
    expected = origin.compute(["engagement"]).results[0].rows
    assert other.compute(["engagement_web"]).results[0].rows.equals(expected)


def test_a_metric_that_is_defined_otherwise_stops_the_import_and_says_in_what(cells: Path, tmp_path: Path) -> None:
    other = project(tmp_path / "other", FAMILIES.replace('["Day", "Channel", "Issue"]', '["Day"]'))
    with pytest.raises(DataError, match=r"metric engagement .* defined otherwise .* group_by"):
        other.import_cells(cells)
    zoned = project(tmp_path / "zoned", FAMILIES.replace("[ih]\n", '[ih]\ntimezone = "Asia/Tokyo"\n'))
    with pytest.raises(DataError, match=r"the preparation of facts \(timezone\)"):
        zoned.import_cells(cells)
    with pytest.raises(CacheError, match="no published numbers"):
        zoned.compute()


def test_a_metric_that_the_config_lacks_is_named_and_one_that_the_export_lacks_warns(
    cells: Path, tmp_path: Path
) -> None:
    start, end = FAMILIES.index("[metrics.conversion]"), FAMILIES.index("[metrics.experiment]")
    added = FAMILIES[start:end].replace("conversion", "conversion_late").replace('"Day", ', "")
    other = project(tmp_path / "other", FAMILIES[:start] + FAMILIES[end:] + added.replace('"Channel"', '"Issue"'))
    report = other.import_cells(cells)
    assert report.exit_code == 4
    assert [metric for metric, _ in report.left_out] == ["conversion"]
    other.ingest()
    warnings = other.compute().warnings
    assert "metric conversion_late lacks 6 days that were imported without it, up to 2026-01-06" in warnings


def test_nothing_that_fits_is_an_error(cells: Path, tmp_path: Path) -> None:
    other = project(
        tmp_path / "other", CONFIG.replace("[metrics.engagement", "[metrics.engagement_third").replace("Issue", "Name")
    )
    with pytest.raises(DataError, match="no metric of the config"):
        other.import_cells(cells)


def edited(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    """Change the manifest."""
    return lambda cells: edit(cells, change)


def rewritten(change: Callable[[pa.Table], pa.Table]) -> Callable[[Path], None]:
    """Change the cells of engagement and give their file its new hash."""

    def damage(cells: Path) -> None:
        file = cells / "engagement.parquet"
        pq.write_table(change(pq.read_table(file)), file)
        edit(cells, lambda manifest: manifest["metrics"][0].update(sha256=sha256(file.read_bytes()).hexdigest()))

    return damage


def retyped(table: pa.Table) -> pa.Table:
    at = table.column_names.index("Positives")
    return table.set_column(at, "Positives", table["Positives"].cast("double"))


def flip_a_byte(cells: Path) -> None:
    content = bytearray((cells / "engagement.parquet").read_bytes())
    content[100] ^= 1
    (cells / "engagement.parquet").write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (flip_a_byte, "SHA-256"),
        (lambda cells: (cells / "engagement.parquet").unlink(), "cannot be read"),
        (lambda cells: (cells / "manifest.json").unlink(), "cannot be read"),
        (lambda cells: (cells / "manifest.json").write_text("{"), "no JSON"),
        (lambda cells: (cells / "manifest.json").write_text("[]"), "schema None"),
        (edited(lambda manifest: manifest.update(schema="valuekit-cells/2")), "valuekit-cells/2"),
        (edited(lambda manifest: manifest["metrics"][0]["definition"].update(group_by=["Day"])), "fingerprint"),
        (edited(lambda manifest: manifest["metrics"][0].update(file="../engagement.parquet")), "file name"),
        (edited(lambda manifest: manifest["metrics"][0].pop("sha256")), "sha256"),
        (edited(lambda manifest: manifest["metrics"][0]["partitions"].append("2020-01-01")), "not listed"),
        (edited(lambda manifest: manifest["partitions"].append(manifest["partitions"][0])), "twice"),
        (edited(lambda manifest: manifest["partitions"][0].update(rows=-1)), "no count"),
        (edited(lambda manifest: manifest["metrics"][0]["partitions"].pop()), "other cells"),
        (rewritten(retyped), "Positives BIGINT"),
        (rewritten(lambda table: table.drop_columns(["Positives"])), "Positives BIGINT"),
        (rewritten(lambda table: table.slice(1)), "other cells"),
    ],
)
def test_a_damaged_export_changes_nothing(
    cells: Path, tmp_path: Path, damage: Callable[[Path], object], said: str
) -> None:
    other = project(tmp_path / "other")
    damage(cells)
    with pytest.raises(DataError, match=said):
        other.import_cells(cells)
    assert days_of(other) == []
    assert other.runs().height == 0


def days_of(workspace: Workspace) -> list[tuple[Any, ...]]:
    with workspace._writing(0) as store:
        found: list[tuple[Any, ...]] = store.connection.execute("SELECT * FROM partitions").fetchall()
    return found


def test_an_import_that_fails_in_the_middle_leaves_nothing(
    cells: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from valuekit.pipeline import importing

    other = project(tmp_path / "other")
    read, called = importing._read, []

    def failing(file: Path, days: Any) -> Any:
        called.append(file)
        if len(called) == 3:
            raise OSError("the disk is gone")
        return read(file, days)

    monkeypatch.setattr(importing, "_read", failing)
    with pytest.raises(OSError, match="disk"):
        other.import_cells(cells)
    monkeypatch.undo()
    assert days_of(other) == []
    assert other.runs()["state"].to_list() == ["failed"]
    assert other.import_cells(cells).exit_code == 0


def test_an_import_takes_the_lock(cells: Path, tmp_path: Path) -> None:
    other = project(tmp_path / "other")
    with writer_lock(other.folder, 0), pytest.raises(LockedError):
        other.import_cells(cells)


def test_a_cache_that_is_not_up_to_date_takes_nothing_in(cells: Path, tmp_path: Path) -> None:
    write_export(tmp_path / "other" / "exports" / "2.zip", rich_history(2, days=2))
    other = project(tmp_path / "other")
    other.ingest()
    with other._writing(0) as store, store.transaction():
        store.connection.execute("UPDATE partitions SET version = version + 1")
    with pytest.raises(DataError, match="valuekit ingest"):
        other.import_cells(cells)


def test_an_export_inside_the_source_folder_is_no_source(origin: Workspace, tmp_path: Path) -> None:
    target = tmp_path / "origin" / "exports" / "cells"
    origin.export_cells(target)
    source = open_workspace(tmp_path / "origin")
    (tmp_path / "origin" / "valuekit.toml").write_text(FAMILIES.replace("**/*.zip", "**/*"))
    source = open_workspace(tmp_path / "origin")
    assert [file.path for file in source.preview().files if "cells" in file.path] == []
