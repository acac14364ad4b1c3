"""What importing valuekit costs: the package itself loads nothing heavy."""

from __future__ import annotations

import subprocess
import sys

import valuekit

HEAVY = {"duckdb", "polars", "numpy", "scipy", "pyarrow", "pydantic", "rich", "typer", "litellm", "lifetimes"}


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import sys, valuekit; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "valuekit" in found
    assert HEAVY.isdisjoint(found)


def test_every_public_name_is_there() -> None:
    assert 8 <= len(valuekit.__all__) <= 12
    for name in valuekit.__all__:
        assert getattr(valuekit, name) is not None
    assert valuekit.__version__
