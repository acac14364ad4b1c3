"""Curves as frames, from the Python API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest
from sklearn.metrics import auc

import valuekit as vk
from valuekit.synthetic import generate_history

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """
[ih]
path = "exports"

[metrics.model_ml_scores]
group_by = ["Day", "Channel"]
positive_model_response = ["Clicked"]
negative_model_response = ["Impression", "Pending"]
"""


def test_the_area_under_every_roc_curve_is_its_score(tmp_path: Path) -> None:
    generate_history(tmp_path / "exports", rows=6_000, days=2)
    (tmp_path / "valuekit.toml").write_text(CONFIG, encoding="utf-8")
    project = vk.open(tmp_path / "valuekit.toml")
    scores = project.compute("model_ml_scores", by="Channel", scores=["roc_auc", "pos_fraction"])
    curves = project.curves("model_ml_scores", by="Channel", ingest=False)
    assert curves.columns == ["Channel", "Property", "kind", "x", "y", "n"]
    assert set(curves["kind"]) == {"roc", "precision_recall", "gain", "lift", "calibration"}
    for channel, name, area in scores.select("Channel", "Property", "roc_auc").iter_rows():
        mine = curves.filter(pl.col("Channel").eq_missing(channel), Property=name)
        roc, bins = mine.filter(kind="roc"), mine.filter(kind="calibration")
        if area is None:
            assert roc.is_empty()
            continue
        assert auc(roc["x"], roc["y"]) == pytest.approx(area, abs=1e-12)
        assert bins["n"].null_count() == 0
        assert 0 < bins.height <= 20


def test_metrics_without_curves_give_none(tmp_path: Path) -> None:
    generate_history(tmp_path / "exports", rows=500, days=1)
    config = CONFIG.replace("model_ml_scores", "engagement")
    (tmp_path / "valuekit.toml").write_text(config, encoding="utf-8")
    assert vk.open(tmp_path / "valuekit.toml").curves("engagement").is_empty()
