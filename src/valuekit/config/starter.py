"""The config that `valuekit init` writes.

Owns its text. Never looks at data: labels and columns are Pega's usual ones.
"""

from __future__ import annotations

TEXT = """\
# A config for valuekit. `valuekit validate` finds every problem in it; `valuekit explain VK203` explains a finding.
# `valuekit init --from EXPORT` writes one that fits an export. Lines that start with # show what else can be said; a
# key that is left out has the default shown there.

[ih]  # Interaction History: what was offered, and what came of it
path = "."  # the folder with the exports, relative to this file
file_type = "pega_ds_export"  # or "parquet", "csv"
file_pattern = "**/*.zip"  # which files in it; ** is any folders
# timezone = "UTC"                      # the zone in which a time becomes a day, such as "Europe/Paris"
# day_of = "outcome"                    # a day is that of the outcome, or of the "decision"
# keep_columns = []                     # columns to keep although nothing below reads them

# [ih.columns]                          # only if the exports name columns otherwise than Pega: ours = "theirs"
# CustomerID = "ClientNumber"

# [ih.extensions]
# filter = "Channel IS NOT NULL"        # which rows count, in SQL
# columns = { Direct = "CASE WHEN Channel IN ('Web', 'Mobile') THEN 'yes' ELSE 'no' END" }    # columns of your own

# [ih.extensions.default_values]        # for columns that the exports do not have
# PlacementType = "none"

[metrics]
global_filters = ["Channel", "Issue"]  # dimensions that every metric keeps

[metrics.engagement]  # click-through rate, and its lift of the test arm over control
group_by = ["Day", "Channel", "Issue", "Group"]  # the finest grain that can be asked for with --by
positive_model_response = ["Clicked"]  # outcomes that are a success ...
negative_model_response = ["Impression", "Pending"]  # ... and a failure; other outcomes do not count
# scores = ["Count", "CTR", "Lift", "Lift_P_Val"]           # default: all of them
# arm_column = "ModelControlGroup"                          # the column that tells the arms apart, and its labels
# control = "Control"
# test = "Test"

[reports.ctr_by_day]  # a report is a metric, a grain and a picture: see them with `valuekit report`
metric = "engagement"
type = "line"
description = "[ENG] Click-through rate by day"  # what is in brackets is its category: `report --tag ENG`
group_by = ["Day", "Channel"]
x = "Day"
y = "CTR"  # a score; its 95 % interval is drawn with it
color = "Channel"

[reports.ctr_by_channel]
metric = "engagement"
type = "gauge"  # one dial for each combination of one or two dimensions
description = "[BIZ] Click-through rate by channel"
group_by = ["Channel"]
value = "CTR"
# reference = { Web = 0.03, Email = 0.05 }                  # what it should be, by the values of the dimensions

[reports.ctr_by_group]
metric = "engagement"
type = "heatmap"
description = "[BIZ] Click-through rate by group and channel"
group_by = ["Channel", "Group"]
x = "Channel"
y = "Group"
color = "CTR"

[reports.ctr_and_volume]
metric = "engagement"
type = "treemap"  # size is Count; also: scatter, bar_polar, generic
description = "[BIZ] Where the offers are, and how they do"
group_by = ["Channel", "Issue", "Group"]
color = "CTR"

# [reports.lift_by_day]
# metric = "engagement"
# type = "line"
# description = "[ENG] Lift of the test arm over control"
# group_by = ["Day"]
# x = "Day"
# y = "Lift"

# [cache]
# path = ".valuekit"                    # where facts and numbers are kept, relative to this file
# keep_facts = "400d"                   # default: for ever
# memory_limit = "2GB"                  # default: a quarter of the machine's
# threads = 2                           # default: half of the processors
"""
