"""The Gamma-Gamma model: purchases of a customer vary around a mean of the customer's own, however often they come.

A purchase is Gamma(p, rate), the rate Gamma(q, v) over customers. Owns its likelihood, fit, and what it expects of
customers. The value is in whatever unit the data are in, and so is v.

Source: P. S. Fader, B. G. S. Hardie, The Gamma-Gamma model of monetary value (2013).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from valuekit.stats.clv.fitting import Curve, Fit, FitError, Problem, maximise, require_enough

if TYPE_CHECKING:
    from valuekit.stats.clv.histories import Array, Spending

NAME = "Gamma-Gamma"
PARAMETERS = ("p", "q", "v")

_SAME = 1e-9
"""Mean values that differ by less than this share of them are one value."""


def fit(spending: Spending) -> Fit:
    """Fit by maximum likelihood, without a penalty.

    Args:
        spending: of the customers who came back and whose purchases are worth something.

    Raises:
        FitError: there is no fit, with the reason.
    """
    require_enough(NAME, spending.customers)
    if np.ptp(spending.value) <= _SAME * spending.value.max():
        raise FitError(NAME, "the mean value of a purchase is the same for all customers")
    unit = float(np.exp(np.average(np.log(spending.value), weights=spending.weight)))
    starts = [np.array([p, q, q / p]) for p, q in ((3.0, 3.0), (0.8, 1.5), (15.0, 2.0), (2.0, 20.0))]
    problem = Problem(NAME, PARAMETERS, _Likelihood(spending, unit), starts, spending.customers)
    parameters, covariance = maximise(problem)
    parameters[2] *= unit
    value = log_likelihood(parameters, spending)
    return Fit(NAME, PARAMETERS, parameters, value, spending.customers, covariance)


def log_likelihood(parameters: Array, spending: Spending) -> float:
    """Sum the log-likelihood over customers; the note's equation 1a.

    Args:
        parameters: p, q, v.
        spending: of customers, at least one.
    """
    return curve(parameters, spending).value


def curve(parameters: Array, spending: Spending) -> Curve:
    """Compute the log-likelihood with its gradient and Hessian by the logarithms of the parameters."""
    return _Likelihood(spending, 1.0)(parameters)


def expected_value(parameters: Array, frequency: Array, value: Array) -> Array:
    """Compute the mean value expected of a customer's future purchases: p·(v + x·m)/(p·x + q - 1); equation 5.

    For a customer who never came back this is the mean over all customers. It is linear in m, so that customers of one
    frequency may be taken together at the mean of theirs. NaN where p·x + q is at most 1, for there the model's mean is
    infinite, and where a customer came back and m is not above 0, for the model cannot have produced that.

    Args:
        parameters: p, q, v.
        frequency: repeat purchases x.
        value: the mean value m of the customer's repeat purchases; anything where x is 0.
    """
    p, q, v = parameters
    spent = np.where(frequency > 0.0, frequency * value, 0.0)
    strength = p * frequency + q - 1.0
    defined = (strength > 0.0) & ((frequency == 0.0) | (spent > 0.0))
    return np.where(defined, p * (v + spent) / np.where(defined, strength, 1.0), np.nan)


class _Likelihood:
    """The log-likelihood of given spending, with values in multiples of a unit.

    For a customer, with k = p·x and z = x·m: (z/(z + v))^k·(v/(z + v))^q/(B(k, q)·m).
    """

    def __init__(self, spending: Spending, unit: float) -> None:
        self._x, row = np.unique(spending.frequency, return_inverse=True)
        self._row, self._weight = row.ravel(), spending.weight
        self._customers = np.bincount(self._row, self._weight)
        value = spending.value / unit
        self._spent = spending.frequency * value
        self._log_values = float(self._weight @ np.log(value))

    def __call__(self, parameters: Array) -> Curve:
        from scipy.special import betaln

        p, q, v = parameters
        k, of_spent = p * self._x, self._spent / (self._spent + v)
        log_spent = self._by_frequency(np.log1p(v / self._spent))
        log_rest = float(self._by_frequency(np.log1p(self._spent / v)).sum())
        value = -float(self._customers @ betaln(k, q)) - float(k @ log_spent) - q * log_rest - self._log_values
        share = self._by_frequency(of_spent)
        gradient, hessian = self._beta(k, q)
        rest, back = float(k @ (self._customers - share)), q * float(share.sum())
        gradient += [-float(k @ log_spent), -q * log_rest, back - rest]
        hessian[0, 0] -= float(k @ log_spent)
        hessian[1, 1] -= q * log_rest
        hessian[[0, 2], [2, 0]] = -rest
        hessian[[1, 2], [2, 1]] = back
        spread = self._by_frequency(of_spent * (1.0 - of_spent))
        hessian[2, 2] = -float((k + q) @ spread)
        return Curve(value, gradient, hessian)

    def _beta(self, k: Array, q: float) -> tuple[Array, Array]:
        """Derivatives of -ln B(k, q) by the logarithms of p, q and v."""
        from scipy.special import digamma, polygamma

        n = self._customers
        by_k, by_q = k * (digamma(k + q) - digamma(k)), q * (digamma(k + q) - digamma(q))
        both, own_k, own_q = polygamma(1, k + q), polygamma(1, k), polygamma(1, q)
        gradient = np.array([n @ by_k, n @ by_q, 0.0])
        hessian = np.diag([n @ (by_k + k * k * (both - own_k)), n @ (by_q + q * q * (both - own_q)), 0.0])
        hessian[[0, 1], [1, 0]] = q * (n @ (k * both))
        return gradient, hessian

    def _by_frequency(self, values: Array) -> Array:
        """Add up a value of each row, over customers, by frequency."""
        return np.bincount(self._row, self._weight * values).astype(np.float64)
