"""The config that `valuekit init` writes.

Owns its text. Never looks at data: labels and columns are Pega's usual ones.
"""

from __future__ import annotations

TEXT = """\
# A config for valuekit. `valuekit validate` finds every problem in it; `valuekit explain VK203` explains a finding.
# Lines that start with # show what else can be said; a key that is left out has the default shown there.

[ih]                                    # Interaction History: what was offered, and what came of it
path = "."                              # the folder with the exports, relative to this file
file_type = "pega_ds_export"            # or "parquet", "csv"
file_pattern = "**/*.zip"               # which files in it; ** is any folders
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
global_filters = ["Channel", "Issue"]   # dimensions that every metric keeps

[metrics.engagement]                    # click-through rate, and its lift of the test arm over control
group_by = ["Day", "Channel", "Issue", "Group"]             # the finest grain that can be asked for with --by
positive_model_response = ["Clicked"]                       # outcomes that are a success ...
negative_model_response = ["Impression", "Pending"]         # ... and a failure; other outcomes do not count
# scores = ["Count", "CTR", "Lift", "Lift_P_Val"]           # default: all of them
# arm_column = "ModelControlGroup"                          # the column that tells the arms apart, and its labels
# control = "Control"
# test = "Test"

# [cache]
# path = ".valuekit"                    # where facts and numbers are kept, relative to this file
# keep_facts = "400d"                   # default: for ever
# memory_limit = "2GB"                  # default: a quarter of the machine's
# threads = 2                           # default: half of the processors
"""
