"""A good config with every kind of section, and a hundred ways to break it, for tests of `valuekit validate`."""

from __future__ import annotations

GOOD = """\
[ih]
path = "exports"
file_type = "pega_ds_export"
file_pattern = "*.zip"
ih_group_pattern = '\\d{8}'
timezone = "Europe/Paris"
day_of = "outcome"
keep_columns = [
    "Treatment",
    "Direction",
]

[ih.columns]
CustomerID = "ClientNumber"

[ih.extensions]
filter = \"\"\"
    Channel IN ('Web', 'Mobile', 'Email')
    AND Outcome <> 'Error'
\"\"\"
columns = { Medium = "CASE WHEN Channel = 'Email' THEN 'Mail' ELSE 'Screen' END" }

[ih.extensions.default_values]
PlacementType = "N/A"
Priority = 0.0

[metrics]
global_filters = ["Channel", "Issue"]

[metrics.engagement]
group_by = [
    "Day",
    "Channel",      # what it was shown in
    "Medium",
    "PlacementType",
]
positive_model_response = ["Clicked"]
negative_model_response = ["Impression", "Pending"]
scores = ["Count", "CTR", "Lift"]
arm_column = "ModelControlGroup"
control = "Control"
test = "Test"

[metrics.conversion]
group_by = ["Day", "Channel"]
filter = "Propensity > 0.01"
positive_model_response = ["Conversion"]
negative_model_response = ["Impression", "Clicked"]

[metrics.experiment]
group_by = ["Channel"]
experiment_name = "ExperimentName"
experiment_group = "ExperimentGroup"
control_group = "Champion"
positive_model_response = ["Clicked"]
negative_model_response = ["Impression"]

[metrics.model_ml_scores]
group_by = ["Channel", "Month"]
compression = 400
positive_model_response = ["Clicked"]
negative_model_response = ["Impression"]

[metrics.descriptive]
group_by = ["Channel", "Outcome"]
columns = ["Propensity", "ResponseTime"]
scores = ["Mean", "p90", "Median"]

[holdings]
path = "holdings"
file_type = "csv"
file_pattern = "*.csv"

[holdings.extensions]
columns = ["[pl.col('PurchasedDate').str.strptime(pl.Datetime", "'%Y%m%d').dt.date().alias('BoughtOn')]"]

[metrics.clv]
group_by = ["ControlGroup"]
purchase_date_col = "BoughtOn"
monetary_value_col = "OneTimeCost"
lifespan = 3
discount_rate = 0.01
observation_end = 2026-01-31

[metrics.clv.rfm_segments]
Best = ["444", "443"]
Loyal = { r = [3, 4], f = 4 }
Rest = {}

[reports.by_channel]
metric = "engagement"
type = "gauge"
description = "[BIZ] CTR by channel"
group_by = ["Channel"]
value = "CTR"
reference = { Web = 0.015 }

[reports.trend]
metric = "engagement"
type = "line"
description = "[BIZ] CTR by day"
group_by = ["Day", "Channel"]
x = "Day"
y = "CTR"
color = "Channel"

[cache]
path = ".valuekit"
keep_facts = "400d"
memory_limit = "2GB"
threads = 2
"""

STRPTIME = (
    "columns = [\"[pl.col('PurchasedDate').str.strptime(pl.Datetime\", \"'%Y%m%d').dt.date().alias('BoughtOn')]\"]"
)
ENGAGEMENT = 'positive_model_response = ["Clicked"]\nnegative_model_response = ["Impression", "Pending"]'
DESCRIPTIVE = GOOD[GOOD.index("[metrics.descriptive]") : GOOD.index("[holdings]")]
EXPERIMENT = 'experiment_group = "ExperimentGroup"'
CONVERSION = 'filter = "Propensity > 0.01"'

# rule, what stands in GOOD, what stands there instead with ¦ before the place of the finding, words of the message
MUTATIONS = [
    # sections and keys
    ("VK102", '[ih]\npath = "exports"', "[ih]\npath = ¦exports", "not valid TOML"),
    ("VK102", "[metrics]\n", "[ih]\n[metrics]\n".replace("[ih]", "[¦ih]"), "TOML"),
    ("VK201", "[metrics.engagement]\n", "[¦metric.engagement]\n", 'no section "metric"'),
    ("VK201", "[holdings]\n", "[¦holding]\n", 'no section "holding"'),
    ("VK202", 'file_pattern = "*.zip"', '¦file_patern = "*.zip"', "[ih] has no key"),
    ("VK202", "[ih.extensions]\n", "[ih.¦extension]\n", "[ih] has no key"),
    ("VK202", "keep_facts", "¦keepfacts", "[cache] has no key"),
    ("VK202", "global_filters", "¦global_filter", "[metrics] has no key"),
    ("VK202", 'control = "Control"', '¦contol = "Control"', '"contol"'),
    ("VK202", "lifespan = 3", "¦life_span = 3", '"life_span"'),
    ("VK202", "ih_group_pattern", "¦file_group_pattern", "file_group_pattern"),
    ("VK202", CONVERSION, '¦where = "Propensity > 0.01"', '"where"'),
    # types and words
    ("VK203", "threads = 2", 'threads = ¦"two"', "a whole number"),
    ("VK203", 'group_by = ["Day", "Channel"]\nfilter', 'group_by = ¦"Day"\nfilter', "a list of texts"),
    ("VK203", '"Treatment",', "¦7,", "takes a text"),
    ("VK203", 'PlacementType = "N/A"', 'PlacementType = ¦["N/A"]', "a text, a number or a switch"),
    ("VK203", "[cache]\n", "¦[[cache]]\n", "one table"),
    ("VK203", "observation_end = 2026-01-31", "observation_end = ¦20260131", "a date"),
    ("VK204", '"pega_ds_export"', '¦"pega"', "file_type"),
    ("VK204", 'day_of = "outcome"', 'day_of = ¦"Outcome"', "day_of"),
    ("VK205", "lifespan = 3", "lifespan = ¦-3", "above 0"),
    ("VK205", "threads = 2", "threads = ¦0", "from 1"),
    ("VK205", "discount_rate = 0.01", "discount_rate = ¦nan", "finite"),
    ("VK205", "compression = 400", "compression = ¦1", "from 20"),
    ("VK206", 'scores = ["Count", "CTR", "Lift"]', "scores = ¦[]", "empty list"),
    ("VK206", '"Direction",', '¦"",', "empty text"),
    ("VK207", "[reports.trend]", '[reports.¦"tr/end"]', "cannot be a name"),
    ("VK208", 'control = "Control"', 'control = "Con¦\\u0000trol"', "NUL"),
    ("VK209", "[reports.trend]", "[reports.¦By_channel]", "differ in case only"),
    # formats and units
    ("VK221", '"*.zip"', '¦"/data/*.zip"', "absolute"),
    ("VK221", '"*.zip"', '¦"**.zip"', "glues"),
    ("VK221", '"*.zip"', '¦"2026[01.zip"', "without its ]"),
    ("VK222", "'\\d{8}'", "'¦(\\d{8}'", "unterminated"),
    ("VK223", '"Europe/Paris"', '¦"Europe/Pariss"', "not a time zone"),
    ("VK223", '"Europe/Paris"', '¦"CET+1"', "not a time zone"),
    ("VK224", "observation_end = 2026-01-31", 'observation_end = ¦"2026-02-30"', "not a date"),
    ("VK224", "observation_end = 2026-01-31", "observation_end = ¦0206-01-31", "between 1900"),
    ("VK225", '"400d"', '¦"400 days"', "not a duration"),
    ("VK226", '"2GB"', '¦"2 gigs"', "not an amount"),
    ("VK226", '"2GB"', '¦"2KB"', "less than the 32 MB"),
    ("VK226", '"2GB"', '¦"2000TB"', "more than any machine"),
    ("VK227", '"400d"', '¦"1d"', "before late outcomes arrive"),
    ("VK228", '"*.csv"', '¦"*.parquet"', "file_type is csv"),
    ("VK229", '"*.zip"', '¦".hidden/*.zip"', "passed over"),
    ("VK230", 'path = "exports"', 'path = ¦".valuekit/valuekit"', "inside the cache"),
    # columns
    ("VK241", '    "Channel",      #', '    ¦"pyChannel",      #', 'it is called "Channel"'),
    ("VK241", 'arm_column = "ModelControlGroup"', 'arm_column = ¦"modelcontrolgroup"', "ModelControlGroup"),
    ("VK241", "Channel IN ('Web'", "¦pxChannel IN ('Web'", 'it is called "Channel"'),
    ("VK241", 'CustomerID = "ClientNumber"', '¦customer_id = "ClientNumber"', 'it is called "CustomerID"'),
    ("VK242", '["Channel", "Issue"]', '["Channel", ¦"Isue"]', 'no column "Isue"'),
    ("VK242", '"Medium",', '¦"Medum",', 'no column "Medum"'),
    ("VK242", '["Propensity", "ResponseTime"]', '["Propensity", ¦"ReponseTime"]', "ReponseTime"),
    ("VK242", EXPERIMENT, 'experiment_group = ¦"ExperimntGroup"', "ExperimntGroup"),
    ("VK242", "AND Outcome <> 'Error'", "AND ¦Outcme <> 'Error'", "Outcme"),
    ("VK243", "Priority = 0.0", 'Priority = ¦"low"', "holds numbers"),
    ("VK243", "Priority = 0.0", "OutcomeTime = ¦0", "a time cannot have"),
    ("VK243", "Priority = 0.0", "Issue = ¦0", "holds texts"),
    ("VK244", "Priority = 0.0", '¦Medium = "Screen"', "never read from a file"),
    ("VK245", "Priority = 0.0", '¦Prioritty = "low"', "nothing reads"),
    ("VK246", '"Medium",', '¦"medium",', "differ in case only"),
    # expressions
    ("VK301", "AND Outcome <> 'Error'", "AND ¦read_csv('/etc/passwd')", "read_csv"),
    ("VK301", CONVERSION, 'filter = "Propensity > ¦(SELECT 1)"', "filter"),
    ("VK301", CONVERSION, 'filter = "Propensity > 0.01¦; DROP TABLE facts"', "filter"),
    ("VK301", CONVERSION, "filter = \"¦__import__('os').system('id') & pl.col('A')\"", "filter"),
    ("VK301", CONVERSION, "filter = \"pl.col('Propensity') > ¦open('/etc/passwd')\"", "open"),
    ("VK301", CONVERSION, "filter = \"pl.col('Propensity').¦map_elements(print)\"", "map_elements"),
    ("VK301", "ELSE 'Screen' END", "ELSE ¦getenv('HOME') END", "getenv"),
    ("VK301", STRPTIME, "columns = [\"[pl.col('A').alias('B')\", \"¦eval('1').alias('BoughtOn')]\"]", "eval"),
    ("VK302", CONVERSION, 'filter = "¦Propensity"', "true or false"),
    (
        "VK302",
        CONVERSION,
        "filter = \"Propensity > ¦'high'\"".replace("Propensity > ¦", "¦Propensity > "),
        "does not work",
    ),
    ("VK302", "AND Outcome <> 'Error'", "AND ¦Rank", "condition is needed"),
    (
        "VK302",
        "THEN 'Mail' ELSE 'Screen' END",
        "THEN 1 ELSE 2 END || ¦(Rank + Channel)".replace("¦(Rank + ", "(Rank + ¦"),
        "Channel is text",
    ),
    ("VK303", CONVERSION, 'filter = "Propensity > 0.01 OR ¦1 = 1"', "every row"),
    ("VK303", CONVERSION, "filter = \"Channel <> 'Web' OR ¦Channel <> 'Email'\"", "every row"),
    ("VK304", CONVERSION, 'filter = "Propensity > 0.5 AND ¦Propensity < 0.1"', "no row"),
    ("VK304", CONVERSION, 'filter = "¦Propensity = NULL"', "no row"),
    ("VK304", CONVERSION, "filter = \"Channel = ¦''\"", "no row"),
    ("VK304", CONVERSION, "filter = ¦\"Channel = 'Phone'\"", "together with the filter of [ih.extensions]"),
    ("VK304", "AND Outcome <> 'Error'", "AND ¦Channel = 'Phone'", "no row"),
    ("VK305", 'Medium = "CASE', '¦Month = "CASE', "comes from the time"),
    # metrics
    ("VK401", "[metrics.engagement]", "[metrics.¦engagment]", "no family"),
    ("VK402", 'group_by = ["Day", "Channel"]\nfilter', "filter", "no group_by"),
    ("VK403", 'group_by = ["ControlGroup"]', "group_by = ¦[]", "is empty"),
    ("VK404", '"PlacementType",\n', '"PlacementType",\n    ¦"channel",\n', "already"),
    ("VK404", '["Propensity", "ResponseTime"]', '["Propensity", "ResponseTime", ¦"propensity"]', "already"),
    ("VK405", '["Count", "CTR", "Lift"]', '["Count", ¦"Ctr", "Lift"]', "no score"),
    ("VK405", '["Mean", "p90", "Median"]', '["Mean", ¦"p901", "Median"]', "no score"),
    ("VK406", 'positive_model_response = ["Conversion"]', "positive_model_response = ¦[]", "no outcome is positive"),
    ("VK407", 'negative_model_response = ["Impression", "Clicked"]', "negative_model_response = ¦[]", "negative"),
    ("VK408", '["Impression", "Clicked"]', '["Impression", ¦"Conversion"]', "positive_model_response, too"),
    ("VK409", 'test = "Test"', 'test = ¦"Control"', "both"),
    ("VK411", "lifespan = 3", 'model = ¦"contractual"', "recurring_period"),
    (
        "VK412",
        '[metrics.descriptive]\ngroup_by = ["Channel", "Outcome"]\ncolumns = ["Propensity", "ResponseTime"]',
        '[metrics.¦descriptive]\ngroup_by = ["Channel", "Outcome"]',
        "no columns",
    ),
    ("VK415", '["Channel", "Issue"]', '["Channel", ¦"Lift"]', "score or state"),
    ("VK416", EXPERIMENT, 'experiment_group = ¦"ExperimentName"', "both experiment_name"),
    ("VK102", 'day_of = "outcome"', 'day_of = "outcome"\n¦day_of = "decision"', "the key day_of is there twice"),
    ("VK102", "[metrics.conversion]", "[¦metrics.engagement]", "[metrics.engagement] is there twice"),
    (
        "VK416",
        'purchase_date_col = "BoughtOn"\nmonetary_value_col = "OneTimeCost"',
        'monetary_value_col = "OneTimeCost"\npurchase_date_col = ¦"OneTimeCost"',
        "are both",
    ),
    ("VK416", 'monetary_value_col = "OneTimeCost"', 'monetary_value_col = ¦"BoughtOn"', "are both"),
    ("VK417", '["444", "443"]', '["444", ¦"453"]', "quartiles"),
    ("VK418", "Rest = {}", "Other = {}\n¦Rest = {}", "never reached"),
    ("VK418", "\nRest = {}", "", "no segment"),
    ("VK419", ".dt.date().alias", ".dt.year().alias", "a date or a time"),
    (
        "VK421",
        DESCRIPTIVE,
        DESCRIPTIVE + DESCRIPTIVE.replace("[metrics.", "[metrics.¦").replace("]\n", "_b]\n", 1),
        "defined alike",
    ),
    ("VK422", '"PlacementType",\n', '"PlacementType",\n    ¦"CustomerID",\n', "as many values"),
    ("VK423", '["Impression", "Clicked"]', '["Impression", ¦"conversion"]', "case or spaces"),
    ("VK423", '["Impression", "Pending"]', '["Impression", ¦"Pending "]', "spaces around"),
    (
        "VK424",
        ENGAGEMENT,
        'positive_model_response = [¦"Impression"]\nnegative_model_response = ["Clicked"]',
        "swapped",
    ),
    ("VK425", '["Channel", "Month"]', '["Channel", ¦"Outcome"]', "all 0 or 1"),
    ("VK426", "lifespan = 3", "lifespan = ¦1095", "in years"),
    ("VK426", "discount_rate = 0.01", "discount_rate = ¦12", "per month"),
    ("VK427", "Loyal = { r = [3, 4], f = 4 }", 'Loyal = ["434", ¦"443"]', "belongs to"),
    (
        "VK428",
        CONVERSION + "\npositive_model_response = ",
        "filter = \"Outcome <> 'Conversion'\"\npositive_model_response = ¦",
        "lets no row",
    ),
    (
        "VK429",
        'columns = ["Propensity", "ResponseTime"]\nscores = ',
        'columns = ["Outcome", "Issue"]\nscores = ¦',
        "holds numbers",
    ),
    # reports
    ("VK501", '[reports.trend]\nmetric = "engagement"', "[reports.¦trend]", "no metric"),
    (
        "VK502",
        '[reports.trend]\nmetric = "engagement"',
        '[reports.trend]\nmetric = ¦"engagment"',
        "no [metrics.engagment]",
    ),
    ("VK504", 'type = "line"', 'type = ¦"lines"', "not a report type"),
    ("VK505", '["Day", "Channel"]\nx', '["Day", ¦"Day"]\nx', "already"),
    # what has no effect
    ("VK901", 'day_of = "outcome"', "¦streaming = true", "web pages"),
    ("VK902", "[cache]", "[¦checks]\nmax = 1\n[cache]", "not used by this version"),
    ("VK903", "compression = 400", "¦lifespan = 4", "not used by metrics of the family"),
    ("VK904", '["Mean", "p90", "Median"]', '["Mean", "p90", ¦"Mean"]', "twice"),
    ("VK904", '["Mean", "p90", "Median"]', '["Mean", "p5", ¦"p05"]', "twice"),
    ("VK905", "lifespan = 3", '¦rfm_segment_config = "telco"', "beside rfm_segments"),
    ("VK906", "compression = 400", "use_t_digest = false\n¦compression = 400", "no effect"),
]
