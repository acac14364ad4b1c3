"""The backend lifetimes: the same maximum as our own search, and the same words where there is none."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

from lifetimes_oracle import cdnow, cdnow_spending, lifetimes
from valuekit.errors import UsageError
from valuekit.stats.clv import bg_nbd, gamma_gamma, pareto_nbd, with_lifetimes
from valuekit.stats.clv.fitting import FitError
from valuekit.stats.clv.histories import Histories


@pytest.mark.parametrize(
    ("other", "own"),
    [(with_lifetimes.fit_bg_nbd, bg_nbd.fit), (with_lifetimes.fit_pareto_nbd, pareto_nbd.fit)],
)
def test_purchases_are_fitted_alike(other: object, own: object) -> None:
    histories, _ = cdnow()
    theirs, ours = other(histories), own(histories)  # type: ignore[operator]  # both are fits
    assert theirs.parameters == pytest.approx(ours.parameters, rel=1e-3)
    assert theirs.log_likelihood == pytest.approx(ours.log_likelihood, rel=1e-7)
    assert theirs.intervals() == pytest.approx(ours.intervals(), rel=2e-3)
    assert (theirs.model, theirs.names, theirs.customers) == (ours.model, ours.names, ours.customers)


def test_values_are_fitted_alike() -> None:
    theirs, ours = with_lifetimes.fit_gamma_gamma(cdnow_spending()), gamma_gamma.fit(cdnow_spending())
    assert theirs.parameters == pytest.approx(ours.parameters, rel=1e-3)


def test_weights_count_customers() -> None:
    histories, _ = cdnow()
    columns = np.stack([histories.frequency, histories.recency, histories.tenure])
    distinct, count = np.unique(columns, axis=1, return_counts=True)
    rows = Histories(distinct[0], distinct[1], distinct[2], count.astype(np.float64))
    compressed = with_lifetimes.fit_bg_nbd(rows)
    assert compressed.parameters == pytest.approx(with_lifetimes.fit_bg_nbd(histories).parameters, rel=1e-3)


def test_customers_who_never_came_back_cannot_be_fitted() -> None:
    with lifetimes():
        pass
    none, tenure = np.zeros(50), np.linspace(10.0, 60.0, 50)
    with pytest.raises(FitError, match="BG/NBD"):
        with_lifetimes.fit_bg_nbd(Histories.of_customers(none, none, tenure))
    few = np.arange(3.0)
    with pytest.raises(FitError, match="fewer than"):
        with_lifetimes.fit_pareto_nbd(Histories.of_customers(few, few, few + 1))


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.import_module

    def absent(name: str, package: str | None = None) -> object:
        if name == "lifetimes":
            raise ImportError(name)
        return found(name, package)

    monkeypatch.setattr(importlib, "import_module", absent)
    few = np.ones(30)
    with pytest.raises(UsageError, match=r"pip install \"valuekit\[lifetimes\]\""):
        with_lifetimes.fit_bg_nbd(Histories.of_customers(few, few, few + 1))
