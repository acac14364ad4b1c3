"""Reading Polars text, and importing the package, loads none of the heavy libraries."""

from __future__ import annotations

import subprocess
import sys

_PROBE = """
import sys
import valuekit.config.expressions as expressions
expressions.parse_filter("pl.col('a').is_in(['x']) & (pl.col('b') > 5)")
expressions.parse_columns("[pl.col('a').str.to_date('%Y').alias('b')]")
for name in ("duckdb", "polars", "scipy", "pyarrow", "pydantic", "numpy"):
    assert name not in sys.modules, name
expressions.parse_filter("a = 1")
assert "duckdb" in sys.modules
assert "polars" not in sys.modules
"""


def test_only_sql_loads_duckdb() -> None:
    done = subprocess.run([sys.executable, "-c", _PROBE], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
