"""What a run of a verb loads: neither models nor pandas where numbers need neither."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

NEVER = {"pandas.core", "lifetimes", "litellm", "pyspark", "sqlglot", "pyarrow.parquet"}

_LIFETIMES = """
import sys
from valuekit.cli.absent import leave_out_pandas
leave_out_pandas()
import pyarrow
assert pyarrow.array([1, None, 3]).to_numpy(zero_copy_only=False).tolist()[::2] == [1.0, 3.0]
assert "pandas" not in sys.modules
import lifetimes, pandas
assert pandas.Series([1, 2]).sum() == 3
assert pyarrow.table({"a": [1, 2]}).to_pandas()["a"].tolist() == [1, 2]
"""


def _loaded(*argv: str) -> set[str]:
    """The modules that a process of its own loads, packages included."""
    command = [sys.executable, "-X", "importtime", "-m", "valuekit", *argv]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout
    lines = (line for line in done.stderr.splitlines() if line.startswith("import time:"))
    parts = [line.rpartition("|")[2].strip().split(".") for line in lines]
    return {".".join(name[:depth]) for name in parts for depth in range(1, len(name) + 1)}


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("scores", ["frequency,rfm_score", "lifetime_value,monetary_value"])
def test_customers_without_predictions_fit_no_model(scores: str) -> None:
    found = _loaded("compute", "clv", "--no-ingest", "--by", "Channel", "--scores", scores)
    assert not found & (NEVER | {"scipy"})
    assert "polars" in found


@pytest.mark.usefixtures("demo")
def test_rates_load_nothing_that_fits_or_reads_files() -> None:
    found = _loaded("compute", "engagement", "--no-ingest", "--by", "Channel")
    assert not found & (NEVER | {"scipy", "valuekit.sources.pega", "valuekit.sources.parquet"})


@pytest.mark.usefixtures("demo")
def test_a_report_of_rates_loads_nothing_that_fits() -> None:
    found = _loaded("report", "ctr_by_channel", "--no-ingest", "--format", "md")
    assert not found & (NEVER | {"scipy", "vl_convert", "typst"})


@pytest.mark.usefixtures("demo")
def test_what_is_predicted_is_fitted() -> None:
    found = _loaded("compute", "clv", "--no-ingest", "--scores", "p_alive")
    assert "scipy.optimize" in found
    assert not found & {"pandas.core", "lifetimes"}


def test_pandas_is_there_for_lifetimes(tmp_path: Path) -> None:
    pytest.importorskip("lifetimes")
    subprocess.run([sys.executable, "-c", _LIFETIMES], cwd=tmp_path, timeout=60, check=True)
