"""Other industries are the same history under other names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest

from valuekit.errors import UsageError
from valuekit.synthetic import generate_history, generate_holdings
from valuekit.synthetic.industries import INDUSTRIES
from valuekit.synthetic.world import CATALOGUE, CHANNELS, PLACEMENTS

if TYPE_CHECKING:
    from pathlib import Path

OTHERS = [name for name in INDUSTRIES if name != "retail_banking"]
RENAMED = ("pyIssue", "pyGroup", "pyName", "pyLabel", "pyTreatment", "pyChannel", "PlacementType", "pyOutcome")


@pytest.mark.parametrize("industry", OTHERS)
def test_the_same_happens_under_other_names(tmp_path: Path, industry: str) -> None:
    bank = generate_history(tmp_path / "bank", rows=2_000, days=2, formats=("parquet",))
    other = generate_history(tmp_path / "other", rows=2_000, days=2, formats=("parquet",), industry=industry)
    assert (other.rows, other.engagement, other.conversion) == (bank.rows, bank.engagement, bank.conversion)
    assert sorted(other.outcomes.values()) == sorted(bank.outcomes.values())
    ours, theirs = (pl.read_parquet(tmp_path / name / "*.parquet") for name in ("bank", "other"))
    assert ours.drop(RENAMED).equals(theirs.drop(RENAMED))
    for name in RENAMED:
        pairs = pl.DataFrame({"ours": ours[name], "theirs": theirs[name]}).unique()
        assert pairs["ours"].is_unique().all()
        assert pairs["theirs"].is_unique().all()
        assert pairs.filter(pl.col("ours") == "")["theirs"].to_list() in ([], [""])
    names = theirs.filter(pl.col("pyName") != "").select("pyGroup", "pyName", "pyLabel").unique()
    assert all(action.startswith(group) and group in label for group, action, label in names.iter_rows())


@pytest.mark.parametrize("industry", OTHERS)
def test_every_name_of_the_bank_has_one_there(industry: str) -> None:
    company = INDUSTRIES[industry]
    assert set(company.issues) == set(CATALOGUE)
    assert set(company.groups) == {group for groups in CATALOGUE.values() for group in groups}
    assert set(company.channels) == set(CHANNELS)
    assert set(company.placements) == set(PLACEMENTS) - {""}


def test_an_unknown_industry_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="retail_banking, telco, e-commerce"):
        generate_history(tmp_path, industry="mining")


def test_holdings_can_have_other_column_names(tmp_path: Path) -> None:
    plain = generate_holdings(tmp_path / "a", 50, file_format="csv")
    named = generate_holdings(tmp_path / "b", 50, file_format="csv", names={"OneTimeCost": "total"})
    assert named == plain
    ours, theirs = (pl.read_csv(tmp_path / name / "holdings.csv") for name in ("a", "b"))
    assert ours.rename({"OneTimeCost": "total"}).equals(theirs)
