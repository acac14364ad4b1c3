"""VK2xx, second half: texts that must follow a format.

Owns the documentation of these rules. Never checks anything.
"""

from __future__ import annotations

from valuekit.config.findings import Severity
from valuekit.config.rules.base import Rule

FORMAT_RULES = (
    Rule(
        "VK221",
        Severity.ERROR,
        "Not a file pattern",
        "The pattern is absolute, has `**` glued to other text, or a bracket that is not closed or holds a range "
        "backwards. `*` is any text within one name, `?` one character, `**` any folders, `[a-c]` one of a set.",
        "It would match nothing, or something else than it seems to say. Put the folder into `path`.",
        bad="""
[ih]
file_pattern = "**.zip"
""",
        good="""
[ih]
file_pattern = "**/*.zip"
""",
    ),
    Rule(
        "VK222",
        Severity.ERROR,
        "Not a regular expression",
        "The text cannot be compiled as a Python regular expression.",
        "It could not be applied to any file name.",
        bad="""
[ih]
ih_group_pattern = '(\\d{8}'
""",
        good="""
[ih]
ih_group_pattern = '(\\d{8})'
""",
    ),
    Rule(
        "VK223",
        Severity.ERROR,
        "Unknown time zone",
        "The text is not a zone of the IANA data base. A fixed offset is written `Etc/GMT-2` (two hours **ahead** of "
        "UTC).",
        "The zone decides which day an outcome belongs to.",
        bad="""
[ih]
timezone = "Europe/Berlinn"
""",
        good="""
[ih]
timezone = "Europe/Berlin"
""",
    ),
    Rule(
        "VK224",
        Severity.ERROR,
        "Not a date",
        "A date is written `2026-01-31`, with or without quotes, without a time.",
        "There is no such day, or it could be read in two ways.",
        bad="""
[holdings]

[metrics.clv]
group_by = ["ControlGroup"]
observation_end = "2026-02-30"
""",
        good="""
[holdings]

[metrics.clv]
group_by = ["ControlGroup"]
observation_end = "2026-02-28"
""",
    ),
    Rule(
        "VK225",
        Severity.ERROR,
        "Not a duration",
        'A duration is a whole number of days or weeks: "90d", "12w". Leave `keep_facts` out to keep them for ever.',
        "Facts would expire at the wrong time.",
        bad="""
[cache]
keep_facts = "3 months"
""",
        good="""
[cache]
keep_facts = "90d"
""",
    ),
    Rule(
        "VK226",
        Severity.ERROR,
        "Not an amount of memory",
        'An amount is a number and one of KB, MB, GB, TB (thousands) or KiB, MiB, GiB, TiB: "512MB", "2GiB". At '
        "least 32 MB are needed.",
        "A run without memory ends in the middle.",
        bad="""
[cache]
memory_limit = "2 gigs"
""",
        good="""
[cache]
memory_limit = "2GB"
""",
    ),
    Rule(
        "VK227",
        Severity.WARNING,
        "Facts that are gone too soon",
        "`keep_facts` is less than a week.",
        "Outcomes that arrive late are refused once the facts of their day are gone, and scores that only facts can "
        "give cover a few days.",
        bad="""
[cache]
keep_facts = "2d"
""",
        good="""
[cache]
keep_facts = "90d"
""",
    ),
    Rule(
        "VK228",
        Severity.WARNING,
        "A pattern of other files than the type",
        "`file_pattern` ends as files do that `file_type` is not: `*.csv` of Parquet, `*.zip` of Parquet or xlsx. The "
        'default pattern is `"**/*.zip"`.',
        "Such files cannot be read, and those that could are not found.",
        bad="""
[ih]
file_type = "parquet"
file_pattern = "**/*.csv"
""",
        good="""
[ih]
file_type = "parquet"
file_pattern = "**/*.parquet"
""",
    ),
    Rule(
        "VK229",
        Severity.WARNING,
        "A pattern that matches nothing",
        "The pattern names hidden files or folders, which are passed over, or `.toml` files, which are configs.",
        "No file is ever found.",
        bad="""
[ih]
file_pattern = ".exports/*.zip"
""",
        good="""
[ih]
file_pattern = "exports/*.zip"
""",
    ),
    Rule(
        "VK230",
        Severity.WARNING,
        "A source inside the cache",
        "The `path` of a source is the folder where valuekit keeps its cache, or is inside it.",
        "No file there is ever taken for a source.",
        bad="""
[ih]
path = ".valuekit/valuekit/exports"
""",
        good="""
[ih]
path = "exports"
""",
    ),
)
