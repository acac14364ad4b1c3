"""Findings: each misspelling of a good config is found, by the right rule, at the very character marked with ¦."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import valuekit.config
from valuekit.config.findings import Finding, Severity
from valuekit.config.load import check
from valuekit.config.rules import RULES

GOOD = """\
# every section and most keys
[ih]
path = "exports"
file_type = "parquet"
file_pattern = "20[0-9][0-9]/**/*.parquet"
ih_group_pattern = '\\d{8}'
hive_partitioning = "Yes"
timezone = "Europe/Paris"
day_of = "decision"
keep_columns = ["Treatment"]
fill_empty = "0"

[ih.columns]
CustomerID = "ClientNumber"

[ih.extensions]
filter = "pl.col('Channel').is_in(['Web', 'Mobile'])"
columns = { Direct = "pl.col('Direction') == 'Inbound'" }
default_values = { PlacementType = "none", Revenue = 0.0, Weight = 1, Tested = true }

[holdings]
file_type = "xlsx"
file_pattern = "*.xlsx"
file_group_pattern = "(.*)"

[holdings.extensions]
filter = ""
columns = ["[pl.col('Cost').fill_null(0).alias('Cost0')", "pl.col('Cost').alias('Cost1')]"]

[metrics]
global_filters = ["Channel", "Issue"]

[metrics.engagement_web]
group_by = ["Day", "Channel", "Issue"]
filter = ""
scores = ["Count", "CTR", "Lift"]
positive_model_response = ["Clicked"]
negative_model_response = ["Impression", "Pending"]
arm_column = "Arm"
control = "C"
test = "T"

[metrics.sales]
family = "conversion"
group_by = ["Month"]
positive_model_response = ["Conversion"]
negative_model_response = ["Impression"]

[metrics.experiment]
group_by = ["Channel"]
experiment_name = "ExperimentName"
experiment_group = "ExperimentGroup"
control_group = "A"
positive_model_response = ["Clicked"]
negative_model_response = ["Impression"]

[metrics.model_ml_scores]
group_by = ["Channel"]
scores = ["roc_auc"]
use_t_digest = "TRUE"
compression = 200
positive_model_response = ["Clicked"]
negative_model_response = ["Impression"]

[metrics.descriptive]
group_by = ["Outcome"]
columns = ["Propensity", "ResponseTime"]
scores = ["Mean", "p05", "p99"]
use_t_digest = false

[metrics.clv]
group_by = ["ControlGroup"]
order_id_col = "OrderID"
customer_id_col = "CustomerID"
monetary_value_col = "Cost"
purchase_date_col = "PurchaseDate"
model = "contractual"
recurring_period = "Months"
recurring_cost = "Fee"
lifespan = 2.5
observation_end = 2026-01-31
frequency_of = "orders"
discount_rate = 0
rfm_segment_config = "telco"

[reports.ctr]
metric = "engagement_web"
type = "gauge"
description = "[BIZ] Click-through rate"
group_by = ["Channel", "Issue"]
value = "CTR"
reference = { Web_Sales = 0.015 }

[reports.trend]
metric = "engagement_web"
type = "scatter"
x = "Count"
y = "Lift"
log_x = "true"
showlegend = "False"

[cache]
path = "../numbers"
keep_facts = "12w"
memory_limit = "1.5 gib"
threads = 2
"""

DESCRIPTIVE = '[metrics.descriptive]\ngroup_by = ["Outcome"]\ncolumns = ["Propensity", "ResponseTime"]'
EXPERIMENT = GOOD[
    GOOD.index("[metrics.experiment]") : GOOD.index('\nnegative_model_response = ["Impression"]\n\n[metrics.model')
]

# rule, text in GOOD, what stands there instead with ¦ before the place of the finding, nearest name
MISTAKES = [
    ("VK102", 'path = "exports"', 'path = ¦exports"', None),
    ("VK102", "[reports.ctr]", "[reports.ctr]\n[¦reports.ctr]", None),
    ("VK102", 'day_of = "decision"', 'day_of = "decision"\n¦day_of = "outcome"', None),
    ("VK102", "threads = 2\n", "threads = ¦", None),
    ("VK201", "[metrics.clv]", "[¦metric.clv]", "metrics"),
    ("VK201", "[cache]", "[¦Cache]", "cache"),
    ("VK201", "[ih]", "¦path = 'x'\n[ih]", None),
    ("VK202", 'timezone = "', '¦time_zone = "', "timezone"),
    ("VK202", "file_group_pattern", "¦ih_group_pattern", "file_group_pattern"),
    ("VK202", "[ih.extensions]", "[ih.¦extension]", "extensions"),
    ("VK202", "default_values = {", "¦defaults = {", "default_values"),
    ("VK202", "global_filters = [", "¦global_filter = [", "global_filters"),
    ("VK202", "[metrics.descriptive]\ngroup_by", "[metrics.descriptive]\n¦groupby", "group_by"),
    ("VK202", "lifespan = 2.5", "¦Lifespan = 2.5", "lifespan"),
    ("VK202", 'value = "CTR"', '¦values = "CTR"', "value"),
    ("VK202", "keep_facts", "¦keep_fact", "keep_facts"),
    (
        "VK203",
        "[ih.extensions]\nfilter = \"pl.col('Channel').is_in(['Web', 'Mobile'])\"",
        "[ih.extensions]\nfilter = ¦1",
        None,
    ),
    ("VK203", 'hive_partitioning = "Yes"', 'hive_partitioning = ¦"maybe"', None),
    ("VK203", "[cache]", "¦[[cache]]", None),
    ("VK203", 'group_by = ["Month"]', 'group_by = ¦"Month"', None),
    ("VK203", 'global_filters = ["Channel", ', 'global_filters = ["Channel", ¦7, ', None),
    ("VK203", "compression = 200", "compression = ¦200.0", None),
    ("VK203", "threads = 2", "threads = ¦true", None),
    ("VK203", "Web_Sales = 0.015", 'Web_Sales = ¦"1.5 %"', None),
    ("VK203", "Weight = 1,", "Weight = ¦[1],", None),
    ("VK203", "[ih.columns]\nCustomerID = ", "[ih.columns]\nCustomerID = ¦1 # ", None),
    ("VK203", "columns = { Direct = \"pl.col('Direction') == 'Inbound'\" }", "columns = ¦3", None),
    ("VK203", "columns = { Direct = \"pl.col('Direction') == 'Inbound'\" }", "columns = { Direct = ¦3 }", None),
    ("VK203", "observation_end = 2026-01-31", "observation_end = ¦2026-01-31T10:00:00", None),
    ("VK203", "[metrics]\n", "[metrics]\nengagement = ¦3\n", None),
    (
        "VK203",
        '[reports.trend]\nmetric = "engagement_web"',
        '[reports.trend]\nmetric = ¦["engagement_web", "clv"]',
        None,
    ),
    ("VK204", 'file_type = "parquet"', 'file_type = ¦"parqet"', "parquet"),
    ("VK204", 'file_type = "parquet"', 'file_type = ¦"xlsx"', None),
    ("VK204", 'day_of = "decision"', 'day_of = ¦"Decision"', "decision"),
    ("VK204", 'model = "contractual"', 'model = ¦"noncontractual"', "non-contractual"),
    ("VK204", 'frequency_of = "orders"', 'frequency_of = ¦"order"', "orders"),
    ("VK205", "lifespan = 2.5", "lifespan = ¦-1", None),
    ("VK205", "lifespan = 2.5", "lifespan = ¦0", None),
    ("VK205", "lifespan = 2.5", "lifespan = ¦inf", None),
    ("VK205", "compression = 200", "compression = ¦3", None),
    ("VK205", "discount_rate = 0", "discount_rate = ¦-0.01", None),
    ("VK205", "Revenue = 0.0", "Revenue = ¦nan", None),
    ("VK205", "Weight = 1,", "Weight = ¦9223372036854775808,", None),
    ("VK206", 'keep_columns = ["Treatment"]', 'keep_columns = ["Treatment", ¦" "]', None),
    ("VK206", 'path = "exports"', 'path = ¦""', None),
    ("VK206", 'scores = ["roc_auc"]', "scores = ¦[]", None),
    ("VK206", 'columns = ["Propensity", "ResponseTime"]', "columns = ¦[]", None),
    ("VK207", "[reports.trend]", '[reports.¦"../trend"]', None),
    ("VK207", "[reports.trend]", '[reports.¦""]', None),
    ("VK208", 'PlacementType = "none"', 'PlacementType = "no¦\\u0000ne"', None),
    ("VK208", "[ih.columns]\n", '[ih.columns]\n¦"a\\u0000" = "b"\n', None),
    ("VK221", '"20[0-9][0-9]/**/*.parquet"', '¦"/data/*.parquet"', None),
    ("VK221", '"20[0-9][0-9]/**/*.parquet"', '¦"**.parquet"', None),
    ("VK221", '"20[0-9][0-9]/**/*.parquet"', '¦"20[0-9/*.parquet"', None),
    ("VK221", '"20[0-9][0-9]/**/*.parquet"', '¦"20[9-0].parquet"', None),
    ("VK222", "'\\d{8}'", "'\\d{8}¦)'", None),
    ("VK222", '"(.*)"', '"\\u0028.*[¦\\\\q]"', None),
    ("VK223", '"Europe/Paris"', '¦"Europe/Pariss"', "Europe/Paris"),
    ("VK223", '"Europe/Paris"', '¦"../../etc/passwd"', None),
    ("VK223", '"Europe/Paris"', '¦"utc"', "UTC"),
    ("VK223", '"Europe/Paris"', '¦"+02:00"', None),
    ("VK224", "observation_end = 2026-01-31", 'observation_end = ¦"31.01.2026"', None),
    ("VK224", "observation_end = 2026-01-31", 'observation_end = ¦"2026-02-29"', None),
    ("VK224", "observation_end = 2026-01-31", "observation_end = ¦0026-01-31", None),
    ("VK224", "observation_end = 2026-01-31", 'observation_end = ¦"9999-12-31"', None),
    ("VK225", '"12w"', '¦"0d"', None),
    ("VK225", '"12w"', '¦"forever"', None),
    ("VK225", '"12w"', '¦"99999999999999d"', None),
    ("VK226", '"1.5 gib"', '¦"80%"', None),
    ("VK226", '"1.5 gib"', '¦"1MB"', None),
    ("VK226", '"1.5 gib"', '¦"900TB"', None),
    ("VK226", '"1.5 gib"', '¦"-2GB"', None),
    ("VK401", "[metrics.engagement_web]", "[metrics.¦engagment_web]", "engagement"),
    ("VK401", 'family = "conversion"', 'family = ¦"converson"', "conversion"),
    (
        "VK402",
        '[metrics.sales]\nfamily = "conversion"\ngroup_by = ["Month"]',
        '[metrics.¦sales]\nfamily = "conversion"',
        None,
    ),
    ("VK403", 'group_by = ["Month"]', "group_by = ¦[]", None),
    ("VK404", 'group_by = ["Month"]', 'group_by = ["Month", "Issue", ¦"month"]', None),
    ("VK405", '["Count", "CTR", "Lift"]', '["Count", ¦"ctr", "Lift"]', "CTR"),
    ("VK405", '["Mean", "p05", "p99"]', '["Mean", "p05", ¦"p999"]', None),
    ("VK405", 'scores = ["roc_auc"]', 'scores = [\n  "roc_auc", # area\n  ¦"auc",\n]', "roc_auc"),
    ("VK406", 'positive_model_response = ["Conversion"]', "positive_model_response = ¦[]", None),
    ("VK406", EXPERIMENT, '[metrics.¦experiment]\ngroup_by = ["Channel"]', None),
    ("VK407", 'negative_model_response = ["Impression", "Pending"]', "negative_model_response = ¦[]", None),
    ("VK408", '["Impression", "Pending"]', '["Impression", ¦"Clicked"]', None),
    ("VK409", 'test = "T"', 'test = ¦"C"', None),
    ("VK410", '"telco"', '¦"telecom"', "telco"),
    ("VK411", 'model = "contractual"\nrecurring_period = "Months"', 'model = ¦"contractual"', None),
    ("VK412", DESCRIPTIVE, '[metrics.¦descriptive]\ngroup_by = ["Outcome"]', None),
    ("VK501", '[reports.trend]\nmetric = "engagement_web"', "[reports.¦trend]", None),
    (
        "VK502",
        '[reports.trend]\nmetric = "engagement_web"',
        '[reports.trend]\nmetric = ¦"engagement"',
        "engagement_web",
    ),
    (
        "VK503",
        '[reports.trend]\nmetric = "engagement_web"\ntype = "scatter"',
        '[reports.¦trend]\nmetric = "engagement_web"',
        None,
    ),
    ("VK504", 'type = "scatter"', 'type = ¦"scater"', "scatter"),
    ("VK505", 'group_by = ["Channel", "Issue"]', 'group_by = ["Channel", ¦"Channel"]', None),
    ("VK901", "fill_empty", '¦streaming = "true"\nfill_empty', None),
    ("VK901", "[ih]", "[ux]\n¦refresh_interval = 1\n[ih]", None),
    ("VK902", "[cache]", "[¦engine]\nname = 'spark'\n[cache]", None),
    ("VK902", "[cache]", "[¦checks]\nmax = { a = 1 }\n[cache]", None),
    ("VK903", 'family = "conversion"', 'family = "conversion"\n¦compression = 100', None),
    ("VK904", 'keep_columns = ["Treatment"]', 'keep_columns = ["Treatment", "Name", ¦"Treatment"]', None),
    ("VK417", 'rfm_segment_config = "telco"', "rfm_segments = { Best = ¦'555', Rest = {} }", None),
    ("VK417", 'rfm_segment_config = "telco"', "rfm_segments = { Best = { r = ¦5 }, Rest = {} }", None),
    ("VK417", 'rfm_segment_config = "telco"', "rfm_segments = { Best = { ¦x = 4 }, Rest = {} }", None),
    ("VK417", 'rfm_segment_config = "telco"', "rfm_segments = { Best = ['444', ¦4], Rest = {} }", None),
    ("VK417", 'rfm_segment_config = "telco"', "¦rfm_segments = {}", None),
    ("VK418", 'rfm_segment_config = "telco"', "¦rfm_segments = { Best = '444' }", None),
    ("VK418", 'rfm_segment_config = "telco"', "rfm_segments = { All = {}, ¦Rest = '111' }", None),
    ("VK905", "rfm_segment_config", "rfm_segments = { Best = '444', Rest = {} }\n¦rfm_segment_config", None),
]

# what else is an error once a name is misspelt
CONSEQUENCES = {
    "[metrics.descriptive]\n¦groupby": {"VK402"},
    "[metrics.¦engagment_web]": {"VK502"},
}


def marked(text: str) -> tuple[str, tuple[int, int]]:
    """Take the ¦ out of a text and say where it was: line and column from 1."""
    before, after = text.split("¦")
    return before + after, (before.count("\n") + 1, len(before) - before.rfind("\n"))


def errors(findings: tuple[Finding, ...]) -> set[str]:
    return {finding.rule for finding in findings if finding.severity is Severity.ERROR}


def test_a_good_config_has_no_finding() -> None:
    checked = check(None, GOOD)
    assert checked.findings == ()
    assert checked.config is not None


@pytest.mark.parametrize(("rule", "old", "new", "nearest"), MISTAKES, ids=[f"{m[0]} {m[2][:40]}" for m in MISTAKES])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_mistake_is_found_where_it_is(rule: str, old: str, new: str, nearest: str | None, line_end: str) -> None:
    assert GOOD.count(old) == 1
    text, place = marked(GOOD.replace(old, new))
    checked = check(Path("valuekit.toml"), text.replace("\n", line_end))
    found = [finding for finding in checked.findings if finding.rule == rule]
    assert [(one.line, one.column, one.nearest) for one in found] == [(*place, nearest)]
    assert (checked.config is None) == (RULES[rule].severity is Severity.ERROR)
    assert errors(checked.findings) <= {rule} | CONSEQUENCES.get(new, set())


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("[ih]\n¦[metrics]\n".replace("¦[", "[¦"), "VK413"),
        ("¦[ih]\n", "VK413"),
        (
            GOOD.replace("[metrics.clv]", "[metrics.¦clv]").replace(
                GOOD[GOOD.index("[holdings]") : GOOD.index("[metrics]")], ""
            ),
            "VK414",
        ),
        ("\ufeff¦[cache]", "VK105"),
    ],
)
def test_a_warning_about_the_whole_stands_where_it_can(text: str, rule: str) -> None:
    text, place = marked(text)
    checked = check(None, text)
    assert [(one.line, one.column) for one in checked.findings if one.rule == rule] == [
        (place[0], place[1] - text.count("\ufeff"))
    ]
    assert checked.config is not None


def test_all_mistakes_are_found_at_once_and_in_order() -> None:
    text = GOOD
    rules: list[str] = []
    alone = {"VK102", "VK201", "VK225", "VK417", "VK418", "VK903"}  # another of the mistakes hides these
    for rule, old, new, _ in reversed(MISTAKES):
        if rule not in {*alone, *rules} and text.count(old) == 1:
            text = text.replace(old, new.replace("¦", ""))
            rules.append(rule)
    checked = check(None, text)
    assert len(rules) > 25
    assert {finding.rule for finding in checked.findings} >= set(rules)
    places = [(finding.line or 0, finding.column or 0) for finding in checked.findings]
    assert places == sorted(places)
    assert checked.config is None


def test_every_rule_of_this_room_is_triggered_somewhere_in_these_tests() -> None:
    source = Path(valuekit.config.__file__).parent
    own = {
        rule
        for path in source.rglob("*.py")
        if path.parent.name != "rules"
        for rule in re.findall(r'"(VK\d{3})"', path.read_text(encoding="utf-8"))
    }
    elsewhere = {"VK101", "VK103", "VK104", "VK105", "VK106", "VK413", "VK414"}
    expressions = {rule for rule in own if rule.startswith("VK3")}
    assert {mistake[0] for mistake in MISTAKES} | elsewhere | expressions == own <= set(RULES)


FILTER = "filter = \"pl.col('Channel').is_in(['Web', 'Mobile'])\""
DIRECT = "columns = { Direct = \"pl.col('Direction') == 'Inbound'\" }"
EXPRESSIONS = [
    (FILTER, "filter = \"pl.col('Channel') == ¦open('/etc/passwd')\""),
    (FILTER, "filter = \"¦__import__('os')\""),
    (FILTER, 'filter = """\\\n  pl.col(\\"A\\") == ¦open("/etc/passwd")"""'),
    (FILTER, "filter = '''\n\nA > 1 AND\nB > ¦(SELECT 1)'''"),
    (FILTER, 'filter = "A > 1¦; DROP TABLE facts"'),
    (FILTER, "filter = \"Name = 'Wéb\\U0001F600' OR ¦read_csv(1)\""),
    ("pl.col('Cost').alias('Cost1')]\"", "¦eval('Cost1')]\""),
    ("columns = [\"[pl.col('Cost').fill_null(0).alias('Cost0')\"", "columns = [\"[¦eval('Cost0')\""),
    (DIRECT, "columns = { Direct = \"pl.col('Direction') + ¦open('x')\" }"),
    (DIRECT, "columns = { Direct = \"1 + ¦open('x')\", Inbound = '1' }"),
]


@pytest.mark.parametrize(("old", "new"), EXPRESSIONS)
def test_a_fault_in_an_expression_is_found_at_its_character(old: str, new: str) -> None:
    assert GOOD.count(old) == 1
    text, place = marked(GOOD.replace(old, new))
    checked = check(None, text)
    assert [(one.rule, one.line, one.column) for one in checked.findings] == [("VK301", *place)]


def test_every_column_of_a_table_of_expressions_is_checked() -> None:
    text = GOOD.replace(
        DIRECT,
        'columns = { A = "1 +", B = "2", C = "x(", D = "" }',
    )
    found = {(one.rule, one.path) for one in check(None, text).findings}
    assert found == {
        ("VK301", "ih.extensions.columns.A"),
        ("VK301", "ih.extensions.columns.C"),
        ("VK206", "ih.extensions.columns.D"),
    }


def test_derived_columns_whose_names_differ_in_case_only_clash() -> None:
    checked = check(None, GOOD.replace(DIRECT, "columns = { Direct = '1', direct = '2' }"))
    assert [(one.rule, one.path) for one in checked.findings] == [("VK301", "ih.extensions.columns.direct")]
