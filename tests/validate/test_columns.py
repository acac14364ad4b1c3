"""Names of columns: which are taken for misspelt, and which are simply other columns."""

from __future__ import annotations

import pytest

from valuekit.facts.columns import DERIVED
from valuekit.facts.names import STANDARD
from valuekit.validate import validate
from valuekit.validate.columns import misspelt

KNOWN = [*DERIVED, *STANDARD]
CONFIG = """\
[ih]
{source}
[metrics.engagement]
group_by = ["Channel", "{name}"]
positive_model_response = ["Clicked"]
negative_model_response = ["Impression"]
"""


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        *(
            ("Chanel", "Channel"),
            ("Channnel", "Channel"),
            ("Chnanel", "Channel"),
            ("Isue", "Issue"),
            ("Issues", "Issue"),
        ),
        *(("Gruop", "Group"), ("Mnoth", "Month"), ("Propensty", "Propensity"), ("PlacmentType", "PlacementType")),
        *(
            ("ModelControlGrp", "ModelControlGroup"),
            ("ExperimntNme", "ExperimentName"),
            ("Organisation", "Organization"),
        ),
    ],
)
def test_about_one_letter_is_wrong(name: str, meant: str) -> None:
    assert misspelt(name, KNOWN) == meant
    (finding,) = validate(None, CONFIG.format(name=name, source="")).findings
    assert (finding.rule, finding.line, finding.column, finding.nearest) == ("VK242", 4, 24, meant)


@pytest.mark.parametrize(
    "name",
    [
        *("Country", "Region", "City", "Age", "Segment", "Product", "ProductName", "Bank", "Level", "Status", "Score"),
        *("Name_2", "Group2", "OutcomeType", "DecisionDate", "CustomerType", "CustomerTier", "SubChannel", "Campaign"),
        *("TestGroup", "ActionType", "Session", "Height", "Store", "Tenure", "Game", "ModelName", "Day2", "Fee"),
    ],
)
def test_another_word_is_another_column(name: str) -> None:
    assert misspelt(name, KNOWN) is None
    assert validate(None, CONFIG.format(name=name, source="")).findings == ()


@pytest.mark.parametrize(
    "source",
    [
        'keep_columns = ["Chanel"]',
        "[ih.columns]\nChanel = 'chan_el'",
        '[ih.extensions.default_values]\nChanel = "N/A"',
        '[ih.extensions]\ncolumns = { Chanel = "upper(Channel)" }',
    ],
)
def test_a_column_that_the_config_speaks_of_is_meant(source: str) -> None:
    assert validate(None, CONFIG.format(name="Chanel", source=source)).findings == ()


def test_months_of_a_contract_are_no_misspelt_month() -> None:
    clv = '[holdings]\n[metrics.clv]\ngroup_by = ["ControlGroup"]\nmodel = "contractual"\n'
    text = clv + 'recurring_period = "Months"\nrecurring_cost = "Fee"\n'
    assert validate(None, text).findings == ()


@pytest.mark.parametrize(
    ("name", "rule", "near"),
    [
        *(("pyChannel", "VK241", "Channel"), ("channel", "VK241", "Channel"), ("customer_id", "VK241", "CustomerID")),
        *(("_row", "VK241", None), ("pyLoyalty", "VK242", "Loyalty"), ("month", "VK246", "Month")),
    ],
)
def test_names_that_no_column_has(name: str, rule: str, near: str | None) -> None:
    found = [one for one in validate(None, CONFIG.format(name=name, source="")).findings if one.rule != "VK415"]
    if name == "channel":
        found = [one for one in found if one.rule != "VK404"]
    assert [(one.rule, one.nearest) for one in found] == [(rule, near)]


def test_a_key_of_another_type_is_one_error_and_no_crash() -> None:
    clv = '[holdings]\n[metrics.clv]\ngroup_by = ["ControlGroup"]\nmodel = "contractual"\n'
    text = clv + "recurring_period = 12\nrecurring_cost = ['Fee']\narm_column = 3\n"
    assert {one.rule for one in validate(None, text).findings} == {"VK203", "VK903"}


def test_a_short_name_is_compared_with_columns_that_the_config_computes() -> None:
    assert misspelt("Pase", ["Rank", "Pace"], own={"Pace"}) == "Pace"
    assert misspelt("Bank", ["Rank", "Pace"], own={"Pace"}) is None
