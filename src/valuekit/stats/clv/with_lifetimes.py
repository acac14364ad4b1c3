"""The same fits by the package lifetimes (extra `lifetimes`), for whoever wants its numbers.

Owns the way to the package and back. It finds parameters; the covariance is of the exact Hessian there, because the
package's own Hessians are not symmetric. It is unmaintained, and its warnings stay in here.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from valuekit.errors import UsageError
from valuekit.stats.clv import bg_nbd, gamma_gamma, pareto_nbd
from valuekit.stats.clv.fitting import Curve, Fit, FitError, require_enough

if TYPE_CHECKING:
    from valuekit.stats.clv.histories import Array, Histories, Spending


def fit_bg_nbd(histories: Histories) -> Fit:
    """Fit BG/NBD without a penalty; see `valuekit.stats.clv.bg_nbd.fit`."""
    return _purchases("BetaGeoFitter", bg_nbd.NAME, bg_nbd.PARAMETERS, bg_nbd.curve, histories)


def fit_pareto_nbd(histories: Histories) -> Fit:
    """Fit Pareto/NBD without a penalty; see `valuekit.stats.clv.pareto_nbd.fit`."""
    return _purchases("ParetoNBDFitter", pareto_nbd.NAME, pareto_nbd.PARAMETERS, pareto_nbd.curve, histories)


def fit_gamma_gamma(spending: Spending) -> Fit:
    """Fit Gamma-Gamma without a penalty; see `valuekit.stats.clv.gamma_gamma.fit`."""
    name = gamma_gamma.NAME
    require_enough(name, spending.customers)
    data = (spending.frequency, spending.value)
    found = _fitted("GammaGammaFitter", name, data, spending.weight)
    parameters = np.array([found[key] for key in gamma_gamma.PARAMETERS])
    return _fit(name, gamma_gamma.PARAMETERS, parameters, gamma_gamma.curve(parameters, spending), spending.customers)


PURCHASE_FITS: Mapping[str, Callable[[Histories], Fit]] = MappingProxyType(
    {"bg_nbd": fit_bg_nbd, "pareto_nbd": fit_pareto_nbd}
)


def _purchases(
    fitter: str,
    name: str,
    names: tuple[str, ...],
    curve: Callable[[Array, Histories], Curve],
    histories: Histories,
) -> Fit:
    require_enough(name, histories.customers)
    data = (histories.frequency, histories.recency, histories.tenure)
    found = _fitted(fitter, name, data, histories.weight)
    parameters = np.array([found[key] for key in names])
    return _fit(name, names, parameters, curve(parameters, histories), histories.customers)


def _fit(name: str, names: tuple[str, ...], parameters: Array, curve: Curve, customers: float) -> Fit:
    try:
        covariance = np.asarray(np.linalg.inv(-curve.hessian), dtype=np.float64)
    except np.linalg.LinAlgError:
        covariance = np.full_like(curve.hessian, np.nan)
    if not np.all(np.diag(covariance) > 0.0):
        raise FitError(name, "lifetimes stopped at parameters that are no maximum of the likelihood")
    return Fit(name, names, parameters, curve.value, customers, covariance)


def _fitted(fitter: str, name: str, data: tuple[Array, ...], weight: Array) -> Mapping[str, float]:
    with _lifetimes() as package:
        from numpy.linalg import LinAlgError

        model = getattr(package, fitter)(penalizer_coef=0.0)
        convergence: type[Exception] = importlib.import_module("lifetimes.utils").ConvergenceError
        try:
            model.fit(*data, weights=weight)
        except (convergence, ValueError, LinAlgError) as error:
            raise FitError(name, f"lifetimes says: {str(error).strip().splitlines()[0]}") from error
        return {str(key): float(value) for key, value in model.params_.items()}


@contextmanager
def _lifetimes() -> Iterator[Any]:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            package = importlib.import_module("lifetimes")
        except ImportError as error:
            raise UsageError('--backend lifetimes needs that package: pip install "valuekit[lifetimes]"') from error
        yield package
