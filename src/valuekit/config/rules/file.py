"""VK1xx: the file, and whether it is TOML at all.

Owns the documentation of these rules. Never checks anything.
"""

from __future__ import annotations

from valuekit.config.findings import Severity
from valuekit.config.rules.base import Rule

FILE_RULES = (
    Rule(
        "VK101",
        Severity.ERROR,
        "The config cannot be read",
        "The path names no file, a folder, or a file that may not be read.",
        "Without a config there is nothing to do.",
        bad="valuekit validate no-such-file.toml",
        good="valuekit validate valuekit.toml",
    ),
    Rule(
        "VK102",
        Severity.ERROR,
        "Not valid TOML",
        "The text breaks the TOML grammar, names a key or a table twice, or nests more than 100 levels deep.",
        "Nothing behind the error can be read with certainty, so nothing else is checked.",
        bad="""
[ih]
file_type = pega_ds_export
""",
        good="""
[ih]
file_type = "pega_ds_export"
""",
    ),
    Rule(
        "VK103",
        Severity.ERROR,
        "Not UTF-8",
        "The file holds bytes that are not UTF-8; the position is that of the first one.",
        "TOML is UTF-8 by definition; guessing another encoding would change names and labels in silence.",
        bad="""
# saved as Latin-1
[ih]
keep_columns = ["Café"]
""",
        good="""
# saved as UTF-8
[ih]
keep_columns = ["Café"]
""",
    ),
    Rule(
        "VK104",
        Severity.ERROR,
        "An empty config",
        "The file holds no section: it is empty, or has only comments.",
        "It is more likely a lost file than a wish. `valuekit init` writes one to start from.",
        bad="# to be written\n",
        good="""
[ih]
file_type = "pega_ds_export"
""",
    ),
    Rule(
        "VK105",
        Severity.WARNING,
        "A byte order mark",
        "The file starts with the three bytes of a UTF-8 byte order mark; they are skipped.",
        "Other readers of TOML refuse such a file.",
        bad="""\ufeff[ih]
file_type = "pega_ds_export"
""",
        good="""[ih]
file_type = "pega_ds_export"
""",
    ),
    Rule(
        "VK106",
        Severity.ERROR,
        "Too large for a config",
        "The file is larger than one megabyte.",
        "No config is that large; most likely the path of an export was given.",
        bad="valuekit validate exports/2026-01-01.zip",
        good="valuekit validate valuekit.toml",
    ),
)
