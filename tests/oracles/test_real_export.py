"""The real export against plain SQL over its raw rows, and against scipy."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Any

import duckdb
import polars as pl
import pytest
from scipy import stats

from valuekit.config.load import load
from valuekit.pipeline import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONFIG = """
[ih]
path = "{folder}"

[metrics.engagement]
group_by = ["Day", "Channel", "Issue", "Group", "ModelControlGroup"]
positive_model_response = ["Accepted"]
negative_model_response = ["Rejected"]
"""

OFFERS = """
    WITH deciding AS (
        SELECT *, pyOutcome = 'Accepted' AS positive,
               bool_or(pyOutcome = 'Accepted') OVER (
                   PARTITION BY pxInteractionID, pyIssue, pyGroup, pyName, pxRank
               ) AS won
        FROM raw WHERE pyOutcome IN ('Accepted', 'Rejected')
    ),
    ranked AS (
        SELECT *, row_number() OVER (
            PARTITION BY pxInteractionID, pyIssue, pyGroup, pyName, pxRank
            ORDER BY pxOutcomeTime, CAST(pxFactID AS BIGINT)
        ) AS place
        FROM deciding WHERE positive = won
    )
    SELECT nullif(pyChannel, '') AS "Channel", nullif(pyIssue, '') AS "Issue",
           nullif(ModelControlGroup, '') AS "ModelControlGroup", left(pxOutcomeTime, 6) AS "Month", positive
    FROM ranked WHERE place = 1
"""


@pytest.fixture(scope="module")
def raw(shared_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    folder = tmp_path_factory.mktemp("raw")
    (export,) = (shared_dir / "data").glob("*.zip")
    with zipfile.ZipFile(export) as archive:
        archive.extract("data.json", folder)
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE raw AS SELECT DISTINCT ON (pxFactID) * FROM read_json(?, format = 'newline_delimited')",
            [str(folder / "data.json")],
        )
        connection.execute(f"CREATE TABLE offers AS {OFFERS}")
        yield connection


@pytest.fixture(scope="module")
def workspace(shared_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("project")
    (folder / "valuekit.toml").write_text(CONFIG.format(folder=shared_dir / "data"))
    opened = Workspace(load(folder / "valuekit.toml"))
    report = opened.ingest()
    assert report.total("rows_read") == 127_123
    return opened


@pytest.mark.parametrize("by", [(), ("Channel",), ("Issue", "ModelControlGroup"), ("Channel", "Month")])
def test_counts_are_exact(workspace: Workspace, raw: duckdb.DuckDBPyConnection, by: tuple[str, ...]) -> None:
    found = workspace.compute(by=by).results[0].rows
    month = """left("Month", 4) || '-' || right("Month", 2)"""
    keys = [month if name == "Month" else f'"{name}"' for name in by]
    listed = "".join(f"{key}, " for key in keys)
    group = f"GROUP BY {', '.join(keys)}" if by else ""
    query = f"SELECT {listed}count(*), count(*) FILTER (positive), count(*) FILTER (NOT positive) FROM offers {group}"
    expected = raw.execute(query).fetchall()
    assert sorted(found.select(*by, "Count", "Positives", "Negatives").rows(), key=repr) == sorted(expected, key=repr)
    assert found["Positives"].sum() == 6302


def test_lift_z_and_p_are_those_of_scipy(workspace: Workspace, raw: duckdb.DuckDBPyConnection) -> None:
    rows = workspace.compute(by=["Channel"]).results[0].rows
    assert rows.height >= 2
    for row in rows.iter_rows(named=True):
        arms = dict(_arms(raw, row["Channel"]))
        (p_test, n_test), (p_control, n_control) = arms["Test"], arms["Control"]
        assert row["Lift"] == pytest.approx((p_test / n_test) / (p_control / n_control) - 1, rel=1e-12)
        table = [[p_test, n_test - p_test], [p_control, n_control - p_control]]
        chi2, p_value, *_ = stats.chi2_contingency(table, correction=False)
        assert row["Lift_Z_Score"] ** 2 == pytest.approx(chi2, rel=1e-9)
        assert row["Lift_P_Val"] == pytest.approx(p_value, rel=1e-9)
        interval = stats.binomtest(row["Positives"], row["Count"]).proportion_ci(method="wilson")
        assert (row["CTR_CI_Low"], row["CTR_CI_High"]) == pytest.approx((interval.low, interval.high), rel=1e-9)


def _arms(raw: duckdb.DuckDBPyConnection, channel: str) -> list[tuple[str, tuple[int, int]]]:
    query = """
        SELECT "ModelControlGroup", count(*) FILTER (positive), count(*) FROM offers
        WHERE "Channel" = ? GROUP BY 1
    """
    return [(arm, (positives, offers)) for arm, positives, offers in raw.execute(query, [channel]).fetchall()]


def test_lift_is_null_where_an_arm_is_missing(workspace: Workspace) -> None:
    result = workspace.compute(by=["Channel"], where="ModelControlGroup = 'Test'").results[0]
    assert result.rows["Lift"].null_count() == result.rows.height
    reasons: list[Any] = [note.reason for note in result.notes if note.score == "Lift"]
    assert reasons == ["no offers in arm Control"]
    assert isinstance(result.rows, pl.DataFrame)


def test_the_real_export_split_over_two_zips_gives_the_same(
    workspace: Workspace, shared_dir: Path, tmp_path: Path
) -> None:
    (export,) = (shared_dir / "data").glob("*.zip")
    with zipfile.ZipFile(export) as archive:
        lines = archive.read("data.json").splitlines(keepends=True)
    (tmp_path / "in").mkdir()
    for number in range(2):
        with zipfile.ZipFile(tmp_path / "in" / f"{number}.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            archive.writestr("part.json", b"".join(lines[number::2]))
    (tmp_path / "valuekit.toml").write_text(CONFIG.format(folder=tmp_path / "in"))
    split = Workspace(load(tmp_path / "valuekit.toml"))
    split.ingest()
    by = ["Day", "Channel", "Issue", "Group"]
    assert split.compute(by=by).results[0].rows.equals(workspace.compute(by=by).results[0].rows)
