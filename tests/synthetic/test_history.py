"""The truth of a synthetic history against the files themselves, read with json and SQL."""

from __future__ import annotations

import json
import re
import zipfile
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from valuekit.errors import UsageError
from valuekit.synthetic import Truth, generate_history

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

Row = dict[str, Any]


@dataclass(frozen=True)
class Written:
    """The files of a history, as plain Python sees them."""

    folder: Path
    truth: Truth
    files: dict[str, list[Row]]

    @property
    def rows(self) -> list[Row]:
        return [row for rows in self.files.values() for row in rows]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    folder = tmp_path_factory.mktemp("history")
    truth = generate_history(folder, rows=12_000, days=6, seed=3, formats=("pega", "parquet"))
    return Written(folder, truth, read_zips(folder))


def read_zips(folder: Path) -> dict[str, list[Row]]:
    found = {}
    for path in sorted(folder.glob("*.zip")):
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
            (member,) = archive.infolist()
            assert member.date_time == (1980, 1, 1, 0, 0, 0)
            found[path.stem] = [json.loads(line) for line in archive.read(member).decode().splitlines()]
    return found


def offers_of(rows: Iterable[Row]) -> dict[tuple[Any, ...], list[Row]]:
    offers: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        key = ("pxInteractionID", "pyIssue", "pyGroup", "pyName", "pxRank")
        offers[tuple(row[name] for name in key)].append(row)
    return offers


def distinct(rows: Iterable[Row]) -> list[Row]:
    return list({row["pxFactID"]: row for row in rows}.values())


def deciding(rows: list[Row]) -> Row:
    clicks = [row for row in rows if row["pyOutcome"] == "Clicked"]
    shown = [row for row in rows if row["pyOutcome"] in ("Impression", "Pending")]
    return min(clicks or shown, key=lambda row: row["pxOutcomeTime"])


def test_offers_and_clicks_by_every_dimension(written: Written) -> None:
    decided = [deciding(rows) for rows in offers_of(written.rows).values()]
    decided = [{**row, "Day": str(datetime.strptime(row["pxOutcomeTime"][:8], "%Y%m%d").date())} for row in decided]
    for name, values in written.truth.by.items():
        offers = Counter(row[name] for row in decided)
        clicked = Counter(row[name] for row in decided if row["pyOutcome"] == "Clicked")
        assert {value: (counts.offers, counts.positives) for value, counts in values.items()} == {
            value: (count, clicked[value]) for value, count in offers.items()
        }
        assert written.truth.engagement.offers == len(decided)
        assert written.truth.engagement.positives == clicked.total()
        assert written.truth.engagement.negatives == len(decided) - clicked.total()


def test_truth_against_sql_over_the_parquet_files(written: Written) -> None:
    query = """
        WITH offers AS (
            SELECT bool_or(pyOutcome = 'Clicked') AS clicked,
                   bool_or(pyOutcome = 'Conversion') AS converted,
                   bool_or(pyOutcome IN ('Impression', 'Conversion')) AS seen,
                   bool_or(pyOutcome IN ('Impression', 'Pending')) AS begun
            FROM read_parquet(?) GROUP BY pxInteractionID, pyIssue, pyGroup, pyName, pxRank
        )
        SELECT count(*) FILTER (begun), count(*) FILTER (clicked), count(*) FILTER (seen), count(*) FILTER (converted)
        FROM offers
    """
    with duckdb.connect() as connection:
        (found,) = connection.execute(query, [str(written.folder / "*.parquet")]).fetchall()
    truth = written.truth
    assert found == (
        truth.engagement.offers,
        truth.engagement.positives,
        truth.conversion.offers,
        truth.conversion.positives,
    )


def test_both_formats_hold_the_same_rows(written: Written) -> None:
    for day, rows in written.files.items():
        with duckdb.connect() as connection:
            relation = connection.read_parquet(str(written.folder / f"{day}.parquet"))
            names = relation.columns
            assert [dict(zip(names, values, strict=True)) for values in relation.fetchall()] == rows


def test_copies_are_exact_and_counted(written: Written) -> None:
    here = next_file = 0
    seen: dict[str, tuple[str, Row]] = {}
    for day, rows in written.files.items():
        for row in rows:
            first_day, first = seen.setdefault(row["pxFactID"], (day, row))
            if first is row:
                continue
            assert row == first
            assert (date.fromisoformat(day) - date.fromisoformat(first_day)).days in (0, 1)
            here += day == first_day
            next_file += day != first_day
    truth = written.truth
    assert truth.rows == len(written.rows) == len(seen) + truth.duplicates
    assert truth.duplicates == here + next_file
    assert here > 0
    assert next_file > 0


def test_outcomes_revenue_and_late_clicks(written: Written) -> None:
    truth = written.truth
    rows = distinct(written.rows)
    assert truth.outcomes == dict(sorted(Counter(row["pyOutcome"] for row in rows).items()))
    assert truth.revenue == pytest.approx(sum(row["Revenue"] for row in rows), abs=1e-6)
    late = 0
    for offer in offers_of(rows).values():
        days = {outcome: min(times) for outcome, times in _days(offer).items()}
        begun = min(days[name] for name in ("Impression", "Pending") if name in days)
        late += days.get("Clicked", begun) > begun
    assert truth.late_clicks == late > 0


def _days(offer: list[Row]) -> dict[str, list[str]]:
    days: dict[str, list[str]] = defaultdict(list)
    for row in offer:
        days[row["pyOutcome"]].append(row["pxOutcomeTime"][:8])
    return days


def test_a_row_is_in_the_file_of_its_outcome(written: Written) -> None:
    first: dict[str, tuple[str, str]] = {}
    for day, rows in written.files.items():
        for row in rows:
            first.setdefault(row["pxFactID"], (day, row["pxOutcomeTime"][:8]))
    assert all(day.replace("-", "") == outcome for day, outcome in first.values())
    conversion_days = Counter(
        (rows[-1]["pxOutcomeTime"][:8] > rows[0]["pxDecisionTime"][:8])
        for rows in offers_of(written.rows).values()
        if rows[-1]["pyOutcome"] == "Conversion"
    )
    assert conversion_days[True] > 0


def test_shape_of_a_real_export(written: Written) -> None:
    rows = written.rows
    names = set(rows[0])
    assert 45 <= len(names) <= 60
    assert all(set(row) == names for row in rows)
    assert all(value is not None for row in rows for value in row.values())
    time = re.compile(r"2026010\dT\d{6}\.\d{3} GMT")
    for row in rows:
        assert time.fullmatch(row["pxOutcomeTime"])
        assert time.fullmatch(row["pxDecisionTime"])
        assert re.fullmatch(r"-?\d{19}", row["pxInteractionID"])
        assert re.fullmatch(r"-?\d{19}", row["pxFactID"])
    kinds = Counter(type(row["pyPropensity"]) for row in rows)
    assert kinds[int] > 0.05 * len(rows)
    assert kinds[float] > 0.5 * len(rows)
    assert {row["pyPropensity"] for row in rows if type(row["pyPropensity"]) is int} == {0}
    widths = Counter(len({row["pxRank"] for row in offer}) for offer in _interactions(rows).values())
    assert set(widths) == {1, 2, 3, 4}
    for name in ("pyChannel", "pyIssue", "pyGroup", "pyName", "ModelControlGroup", "PlacementType", "ExperimentName"):
        assert any(row[name] == "" for row in rows)
    assert any(not row["pyName"].isascii() for row in rows)
    assert any(row["pxDecisionTime"] > row["pxOutcomeTime"] for row in rows)


def _interactions(rows: Iterable[Row]) -> dict[str, list[Row]]:
    interactions: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        interactions[row["pxInteractionID"]].append(row)
    return interactions


def test_ids_are_unique_across_files_and_kinds(written: Written) -> None:
    facts = {row["pxFactID"] for row in written.rows}
    interactions = _interactions(written.rows)
    assert not facts & set(interactions)
    assert all(len({row["CustomerID"] for row in rows}) == 1 for rows in interactions.values())


def test_propensities_rank(written: Written) -> None:
    decided = [deciding(rows) for rows in offers_of(written.rows).values()]
    assert _auc(decided, "Adaptive") > 0.65
    assert 0.4 < _auc(decided, "Random") < 0.6


def _auc(decided: list[Row], source: str) -> float:
    scores = {True: list[float](), False: list[float]()}
    for row in decided:
        if row["PropensitySource"] == source:
            scores[row["pyOutcome"] == "Clicked"].append(row["pyPropensity"])
    wins = sum((p > n) + 0.5 * (p == n) for p in scores[True] for n in scores[False])
    return wins / (len(scores[True]) * len(scores[False]))


def test_measured_lift_scatters_around_the_known_one(tmp_path: Path) -> None:
    truth = generate_history(tmp_path, rows=150_000, days=2, seed=11, formats=("parquet",))
    arms = truth.by["ModelControlGroup"]
    rate = {name: arms[name].positives / arms[name].offers for name in ("Test", "Control")}
    error = sum((1 - rate[name]) / arms[name].positives for name in rate) ** 0.5
    assert rate["Test"] / rate["Control"] - 1 == pytest.approx(truth.lift, abs=4 * error * (1 + truth.lift))


def test_same_arguments_same_bytes(written: Written, tmp_path: Path) -> None:
    again = generate_history(tmp_path / "again", rows=12_000, days=6, seed=3, formats=("pega", "parquet"))
    assert again == written.truth
    names = sorted(path.name for path in written.folder.iterdir())
    assert names == sorted(path.name for path in (tmp_path / "again").iterdir())
    assert len(names) == 12
    for name in names:
        assert (tmp_path / "again" / name).read_bytes() == (written.folder / name).read_bytes()
    other = generate_history(tmp_path / "other", rows=12_000, days=6, seed=4)
    assert other.engagement != again.engagement


@pytest.mark.parametrize(("rows", "days"), [(1, 1), (1, 5), (40, 3), (5_000, 1)])
def test_number_of_rows(tmp_path: Path, rows: int, days: int) -> None:
    truth = generate_history(tmp_path, rows=rows, days=days, start=date(2024, 2, 28))
    assert len(list(tmp_path.glob("2024-*.zip"))) == days
    assert truth.engagement.offers == sum(counts.offers for counts in truth.by["Day"].values())
    if rows == 5_000:
        assert truth.rows == pytest.approx(rows, rel=0.1)


@pytest.mark.parametrize("wrong", [{"rows": 0}, {"days": 0}, {"seed": -1}, {"formats": ()}, {"formats": ("xml",)}])
def test_refuses_nonsense(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        generate_history(tmp_path / "never", **wrong)
    assert not (tmp_path / "never").exists()
