"""VK24x: names of columns.

Owns the documentation of these rules. Never checks anything.
"""

from __future__ import annotations

from valuekit.config.findings import Severity
from valuekit.config.rules.base import Rule

_GOOD = """
[ih]

[ih.extensions]
columns = { Medium = "CASE WHEN Channel = 'Email' THEN 'Mail' ELSE 'Screen' END" }

[ih.extensions.default_values]
PlacementType = "N/A"

[metrics.engagement]
group_by = ["Channel", "PlacementType", "Medium"]
positive_model_response = ["Clicked"]
negative_model_response = ["Impression"]
"""

COLUMN_RULES = (
    Rule(
        "VK241",
        Severity.ERROR,
        "A column that is called otherwise",
        "The name is a column of Pega with its prefix `px`, `py` or `pz`, or in another case; or it starts with `_`. "
        "The names of columns are Pega's own without the prefix, in Pega's spelling, whatever a file calls them.",
        "There is no such column: every value of it would be missing.",
        bad=_GOOD.replace('["Channel", "Pl', '["pyChannel", "Pl'),
        good=_GOOD,
    ),
    Rule(
        "VK242",
        Severity.WARNING,
        "A column that is probably misspelt",
        "The name is one letter off a column of Pega or of the config, or has a prefix that no column has. If files "
        "really have such a column, list it in `keep_columns` or in `[ih.columns]`, or give it a default value.",
        "A column that no file has is missing in every row, and its group has no name. `valuekit validate --data` "
        "looks into the files.",
        bad=_GOOD.replace('["Channel", "Pl', '["Chanel", "Pl'),
        good=_GOOD,
    ),
    Rule(
        "VK243",
        Severity.ERROR,
        "A default value that does not fit its column",
        "The default of a column of numbers is a text, that of a column of texts is a number, that of a whole number "
        "has a fraction, or a time is given one: a time can have none.",
        "A run could not use it, or would read every value of the column as the wrong type.",
        bad=_GOOD.replace('PlacementType = "N/A"', 'PlacementType = "N/A"\nRank = "first"'),
        good=_GOOD.replace('PlacementType = "N/A"', 'PlacementType = "N/A"\nRank = 1'),
    ),
    Rule(
        "VK244",
        Severity.WARNING,
        "A computed column is treated as one of files",
        "`default_values`, `columns` of the source or `keep_columns` name a column that is computed: a time such as "
        "Day or Month, or a column of `[ih.extensions]` that does not read one of its own name.",
        "It has no effect: the column is never read from a file.",
        bad=_GOOD.replace('PlacementType = "N/A"', 'PlacementType = "N/A"\nMedium = "Screen"'),
        good=_GOOD,
    ),
    Rule(
        "VK245",
        Severity.WARNING,
        "Something is said of a column that nothing reads",
        "`default_values` or `[ih.columns]` name a column that is none of Pega's and that no metric, filter or "
        "expression reads.",
        "It has no effect; perhaps the name is misspelt.",
        bad=_GOOD.replace('PlacementType = "N/A"', 'PlacementType = "N/A"\nMediumm = "Screen"'),
        good=_GOOD,
    ),
    Rule(
        "VK246",
        Severity.WARNING,
        "Columns that differ in case only",
        "Two names in the config, or one of them and a column that there always is, are the same but for upper and "
        "lower case.",
        "SQL does not tell them apart, and the rest of valuekit does: it is not clear which one is read.",
        bad=_GOOD.replace('"Medium"]', '"medium"]'),
        good=_GOOD,
    ),
)
