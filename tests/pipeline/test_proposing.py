"""What is proposed for a sample: known labels only, dimensions by their values, and always a config that validates."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from valuekit.config.proposal import Proposal, written
from valuekit.errors import DataError, UsageError
from valuekit.pipeline.proposing import propose
from valuekit.pipeline.proposing.labels import role_of
from valuekit.synthetic import generate_history, generate_holdings
from valuekit.validate import validate

HOSTILE = (
    'a"b',
    "new\nline",
    "🐙",
    '"""',
    "semi;colon",
    "[x]",
    "Count",
    "CTR",
    "Day",
    "ACTIONID",
    "pxpyOdd",
    "_x",
    " ",
    "É",
)
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(HOSTILE)
KNOWN = ("Clicked", "Accepted", "Conversion", "Impression", "NoResponse", "Rejected", "Pending", "clicked")
LABELS = st.sampled_from((*KNOWN, 'x"""', "a\nb", "# x", "Opened", "Loyal")) | st.text(
    st.characters(exclude_categories=["Cs"]), max_size=8
)
VALUES = st.sampled_from(["Web", "Mobile", "", "1", "2.5", "0.3", "x\ny", '"'])


def _rows(count: int, **columns: Any) -> list[dict[str, Any]]:
    """Rows of history; a column is a value for all of them, or a list to go round in."""
    base = {
        "pyOutcome": ["Impression", "Clicked"],
        "pxOutcomeTime": "20260101T120000.000 GMT",
        "pxInteractionID": range(count),
    }
    rows = []
    for at in range(count):
        row = {}
        for name, value in (base | columns).items():
            row[name] = value[at % len(value)] if isinstance(value, list | range) else value
        rows.append(row)
    return rows


def _ndjson(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def _proposed(sample: Path, folder: Path) -> tuple[Proposal, dict[str, Any]]:
    proposal = propose(sample, folder).proposal
    text = written(proposal)
    found = validate(folder / "valuekit.toml", text)
    assert found.errors == (), "\n".join(map(str, found.errors))
    return proposal, tomllib.loads(text)


def _comments(proposal: Proposal) -> str:
    return " ".join(line.strip("# ") for line in written(proposal).splitlines() if line.startswith("#"))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    labels=st.lists(LABELS, min_size=1, max_size=6),
    columns=st.dictionaries(NAMES, st.lists(VALUES, min_size=1, max_size=4), max_size=5),
    file_type=st.sampled_from(["json", "parquet"]),
)
def test_whatever_the_sample_holds_its_config_validates(
    labels: list[str], columns: dict[str, list[str]], file_type: str, tmp_path: Path
) -> None:
    rows = _rows(24, **columns, pyOutcome=labels, pxOutcomeTime="20260101T120000.000 GMT", pxInteractionID=range(24))
    path = tmp_path / f"sample.{file_type}"
    if file_type == "json":
        _ndjson(path, rows)
    else:
        pl.DataFrame(rows, strict=False).write_parquet(path)
    proposal, config = _proposed(path, tmp_path)
    for metric in config["metrics"].values():
        if isinstance(metric, dict):
            lists = (metric.get(f"{side}_model_response", []) for side in ("positive", "negative"))
            for label in (label for side in lists for label in side):
                assert role_of(label) is not None
                assert label in labels
    if not {role_of(label) for label in labels} & {"answer", "conversion"}:
        assert set(config["metrics"]) - {"global_filters"} == {"descriptive"}
    path.unlink()
    assert proposal.section("ih") is not None


def test_unknown_labels_are_listed_and_never_used(tmp_path: Path) -> None:
    sample = _ndjson(tmp_path / "a.json", _rows(40, pyOutcome=["Zap", "Zip", "Zap", "Zap"]))
    proposal, config = _proposed(sample, tmp_path)
    assert "engagement" not in config["metrics"]
    said = _comments(proposal)
    assert "None of the outcomes is known to be a success" in said
    assert '"Zap" (75.0 % of the rows), "Zip" (25.0 % of the rows)' in said
    assert "positive_model_response = []" in said


def test_labels_come_with_their_shares(tmp_path: Path) -> None:
    labels = ["Clicked", "Impression", "Impression", "Pending", "Opened", "Impression", "Dismissed", "Impression"]
    sample = _ndjson(tmp_path / "a.json", _rows(80, pyOutcome=labels))
    proposal, config = _proposed(sample, tmp_path)
    engagement = config["metrics"]["engagement"]
    assert engagement["positive_model_response"] == ["Clicked"]
    assert engagement["negative_model_response"] == ["Impression", "Dismissed", "Pending"]
    assert '"Impression",  # 50.0 % of the rows' in written(proposal).replace("      ", "  ").replace("    ", "  ")
    assert 'Undecided: "Opened" (12.5 % of the rows)' in _comments(proposal)


def test_metrics_follow_from_the_columns(tmp_path: Path) -> None:
    plain = _ndjson(tmp_path / "plain" / "a.json", _rows(20))
    _, config = _proposed(plain, tmp_path)
    assert set(config["metrics"]) == {"engagement", "descriptive"}
    assert not any("Lift" in score for score in config["metrics"]["engagement"]["scores"])
    more = _rows(
        60,
        pyOutcome=["Impression", "Clicked", "Impression", "Conversion", "Pending"],
        Revenue=[0, 0, 0, 12.5, 0],
        pyPropensity=[0.1, 0.2, 0.3],
        ModelControlGroup=["Test", "Test", "Control"],
        ExperimentName="A",
        ExperimentGroup=["Blue", "Red"],
        pyChannel=["Web", "Mobile"],
    )
    proposal, config = _proposed(_ndjson(tmp_path / "more" / "a.json", more), tmp_path)
    assert set(config["metrics"]) == {
        *("global_filters", "engagement", "conversion", "experiment", "model_ml_scores", "descriptive")
    }
    assert config["metrics"]["engagement"]["control"] == "Control"
    assert config["metrics"]["conversion"]["positive_model_response"] == ["Conversion"]
    assert "Clicked" in config["metrics"]["conversion"]["negative_model_response"]
    assert {"Propensity", "Revenue"} <= set(config["metrics"]["descriptive"]["columns"])
    metrics = {report["metric"] for report in config["reports"].values()}
    assert metrics == set(config["metrics"]) - {"global_filters"}
    assert "No arm is named Control" in _comments(proposal)
    assert "filter" not in config["metrics"]["experiment"]


def test_rows_in_no_experiment_are_left_out_of_it(tmp_path: Path) -> None:
    rows = _rows(40, ExperimentName=["A", "", "", ""], ExperimentGroup=["Control", "", "", "", "B", "", "", ""])
    proposal, config = _proposed(_ndjson(tmp_path / "a.json", rows), tmp_path)
    assert config["metrics"]["experiment"]["filter"] == "ExperimentName IS NOT NULL"
    assert config["metrics"]["experiment"]["control_group"] == "Control"
    assert "75.0 % of the rows are in no experiment" in _comments(proposal)


def test_files_beside_the_sample_belong_to_its_pattern_if_they_are_alike(tmp_path: Path) -> None:
    for name in ("1.json", "2.json"):
        _ndjson(tmp_path / "in" / name, _rows(20))
    _, config = _proposed(tmp_path / "in" / "1.json", tmp_path)
    assert config["ih"]["file_pattern"] == "*.json"


def test_arms_of_other_names_are_found(tmp_path: Path) -> None:
    arms = ["TargetGroup", "ControlGroup", "TargetGroup", ""]
    sample = _ndjson(tmp_path / "a.json", _rows(40, ModelControlGroup=arms))
    _, config = _proposed(sample, tmp_path)
    assert config["metrics"]["engagement"]["control"] == "ControlGroup"
    assert config["metrics"]["engagement"]["test"] == "TargetGroup"


def test_dimensions_are_chosen_by_their_values(tmp_path: Path) -> None:
    rows = _rows(
        300,
        pyChannel=["Web", "Mobile", "Email"],
        pyDirection=["Inbound", "Inbound2", "Outbound"],
        pyIssue="Sales",
        pyName=[f"Action {at}" for at in range(150)],
        pyReason="",
        CustomerTier=["gold", "silver"],
        Count=["one", "two"],
        ContactID=["1", "2"],
    )
    proposal, config = _proposed(_ndjson(tmp_path / "a.json", rows), tmp_path)
    assert config["metrics"]["engagement"]["group_by"] == ["Day", "Channel", "CustomerTier"]
    assert config["metrics"]["global_filters"] == ["Channel", "CustomerTier"]
    said = _comments(proposal)
    for reason in (
        "they have one value: Issue",
        "they have too many values: Name (150)",
        "each value goes with one of Channel: Direction",
        "they are empty: Reason",
        "their names are taken by scores: Count",
    ):
        assert reason in said, reason


def test_own_numbers_are_described_where_none_is_missing(tmp_path: Path) -> None:
    rows = _rows(60, Age=list(range(18, 48)), Income=[*range(1000, 1029), None])
    _, config = _proposed(_ndjson(tmp_path / "a.json", rows), tmp_path)
    assert config["ih"]["extensions"]["default_values"] == {"Age": 0.0}
    assert "Age" in config["metrics"]["descriptive"]["columns"]
    assert "Income" not in config["metrics"]["descriptive"]["columns"]


def test_a_column_that_some_files_lack_gets_a_default(tmp_path: Path) -> None:
    _ndjson(tmp_path / "in" / "1.json", _rows(20, pyChannel=["Web", "App"], Revenue=[0, 5]))
    _ndjson(tmp_path / "in" / "2.json", _rows(20))
    proposal, config = _proposed(tmp_path / "in", tmp_path)
    assert config["ih"]["extensions"]["default_values"] == {"Channel": "N/A", "Revenue": 0.0}
    assert '1 of 2 files looked at lack it, such as "2.json"' in _comments(proposal)


def test_a_folder_of_both_kinds_gets_both_sections(tmp_path: Path) -> None:
    generate_history(tmp_path / "data" / "exports", rows=1_500, days=6)
    generate_holdings(tmp_path / "data" / "holdings", customers=200)
    (tmp_path / "data" / "README.txt").write_text("nothing to read\n", encoding="utf-8")
    proposed = propose(tmp_path / "data", tmp_path / "here")
    config = tomllib.loads(written(proposed.proposal))
    assert config["ih"]["path"] == "../data/exports"
    assert config["ih"]["file_pattern"] == "*.zip"
    assert config["holdings"] | {"file_type": "pega_ds_export"} == config["holdings"]
    assert config["holdings"]["path"] == "../data/holdings"
    assert len(config["metrics"]) == 7
    history, holdings = proposed.samples
    assert (len(history.files), history.others, len(holdings.files)) == (4, 2, 1)
    assert validate(tmp_path / "here" / "valuekit.toml", written(proposed.proposal)).errors == ()


def test_files_of_both_kinds_in_one_folder_are_told_apart(tmp_path: Path) -> None:
    _ndjson(tmp_path / "in" / "history-1.json", _rows(20))
    _ndjson(tmp_path / "in" / "history-2.json", _rows(20))
    generate_holdings(tmp_path / "in", customers=50)
    _, config = _proposed(tmp_path / "in", tmp_path)
    assert config["ih"]["file_pattern"] == "*.json"
    assert config["holdings"]["file_pattern"] == "holdings.json"


def test_folders_with_values_are_columns(tmp_path: Path) -> None:
    for channel in ("Web", "App"):
        folder = tmp_path / "lake" / f"Channel={channel}"
        folder.mkdir(parents=True)
        pl.DataFrame(_rows(20)).write_parquet(folder / "part-0.parquet")
    _, config = _proposed(tmp_path / "lake", tmp_path)
    assert config["ih"]["hive_partitioning"] is True
    assert config["ih"]["path"] == "lake"
    assert "Channel" in config["metrics"]["engagement"]["group_by"]


def test_a_file_name_with_pattern_characters_is_matched_exactly(tmp_path: Path) -> None:
    _ndjson(tmp_path / "in" / "a[1]*.json", _rows(20))
    (tmp_path / "in" / "b.json").write_text('{"else": 1}\n', encoding="utf-8")
    _, config = _proposed(tmp_path / "in" / "a[1]*.json", tmp_path)
    assert config["ih"]["file_pattern"] == "a[[]1][*].json"


def test_holdings_with_names_of_their_own_are_understood(tmp_path: Path) -> None:
    names = {
        "HoldingID": "order no",
        "CustomerID": "Client Number",
        "OneTimeCost": "total_price",
        "PurchasedDate": "order date",
    }
    generate_holdings(tmp_path / "in", customers=100, file_format="csv", names=names)
    _, config = _proposed(tmp_path / "in" / "holdings.csv", tmp_path)
    clv = config["metrics"]["clv"]
    assert clv["order_id_col"] == "Order no"
    assert clv["customer_id_col"] == "Client Number"
    assert clv["monetary_value_col"] == "Total_price"
    assert clv["purchase_date_col"] == "Order date"
    assert clv["group_by"] == ["Channel", "ControlGroup"]


def test_holdings_without_orders_or_groups_still_have_a_metric(tmp_path: Path) -> None:
    rows = [{"CustomerID": f"C{at}", "Amount": at, "Date": f"2025-01-{1 + at % 28:02}"} for at in range(60)]
    proposal, config = _proposed(_ndjson(tmp_path / "a.json", rows), tmp_path)
    assert config["metrics"]["clv"]["group_by"] == ["Year"]
    assert "order_id_col" not in config["metrics"]["clv"]
    assert "unique_holdings" not in config["metrics"]["clv"]["scores"]
    assert "No column tells orders apart" in _comments(proposal)


@pytest.mark.parametrize("lacking", [("Outcome",), ("OutcomeTime",), ("Outcome", "OutcomeTime")], ids="-".join)
def test_history_without_a_column_that_it_needs_is_no_holdings(tmp_path: Path, lacking: tuple[str, ...]) -> None:
    """It has a customer, a date and an amount, as purchases have, and is still told by what else it has."""
    times = {"pxDecisionTime": "20260101T120000.000 GMT", "pyPropensity": [0.1, 0.2], "pxRank": [1, 2, 3]}
    rows = _rows(60, CustomerID=[f"C{n}" for n in range(9)], Revenue=[0.0, 9.5], **times)
    for row in rows:
        for name in lacking:
            row.pop(f"{'px' if name == 'OutcomeTime' else 'py'}{name}")
    sample = _ndjson(tmp_path / "half" / "a.json", rows)
    said = " and ".join(f"no column {column}" for column in lacking)
    for path in (sample, sample.parent):
        with pytest.raises(DataError, match=f"Interaction History by its columns .*InteractionID.* but has {said}:"):
            propose(path, tmp_path)


def test_holdings_with_a_few_columns_of_offers_stay_holdings(tmp_path: Path) -> None:
    bought = [
        {"CustomerID": f"C{n % 9}", "PurchasedDate": f"2026-01-{n % 28 + 1:02}", "OneTimeCost": n, "Outcome": "Sold",
         "Rank": 1, "Priority": 2.0, "InteractionID": n}
        for n in range(60)
    ]  # fmt: skip
    _, config = _proposed(_ndjson(tmp_path / "a.json", bought), tmp_path)
    assert "holdings" in config
    assert "ih" not in config


def test_what_is_no_export_is_refused_with_a_reason(tmp_path: Path) -> None:
    other = _ndjson(tmp_path / "other" / "x.json", [{"a": 1, "b": 2}])
    with pytest.raises(
        DataError, match=r"neither Interaction History \(columns Outcome and OutcomeTime\).*it has 'A', 'B'"
    ):
        propose(other, tmp_path)
    with pytest.raises(DataError, match="neither Interaction History"):
        propose(other.parent, tmp_path)
    with pytest.raises(DataError, match="does not exist"):
        propose(tmp_path / "none", tmp_path)
    with pytest.raises(UsageError, match="stdin"):
        propose(Path("-"), tmp_path)
    (tmp_path / "void").mkdir()
    with pytest.raises(DataError, match="holds no file that ends in"):
        propose(tmp_path / "void", tmp_path)
    empty = tmp_path / "empty.csv"
    empty.write_text("Outcome,OutcomeTime\n", encoding="utf-8")
    with pytest.raises(DataError, match="no rows"):
        propose(empty, tmp_path)
    for name, data, why in (
        ("a.json", b"", "empty file"),
        ("b.zip", b"PK\x03\x04junk", "damaged"),
        ("c.parquet", b"x", "c.parquet"),
    ):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(DataError, match=why):
            propose(tmp_path / name, tmp_path)
