"""Fixtures that more than one test file needs."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

_SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """Material beside some checkouts, not part of the project; tests that read it skip where it is absent."""
    if not _SHARED.is_dir():
        pytest.skip("the material beside the checkout is absent")
    return _SHARED
