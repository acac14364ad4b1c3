"""The Pareto/NBD model: customers buy at random, each at a rate of its own, and drop out at a time of its own.

Purchase rates are Gamma(r, alpha) over customers, dropout rates Gamma(s, beta). Owns its likelihood, fit, and what it
expects of customers. Time is in whatever unit the histories are in, and so are alpha and beta.

Source: D. C. Schmittlein, D. G. Morrison, R. Colombo, Counting your customers: who are they and what will they do
next?, Management Science 33 (1987) 1-24; the likelihood as in P. S. Fader, B. G. S. Hardie, A note on deriving the
Pareto/NBD model and related expressions (2005).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from valuekit.stats.clv.dropout import Rows, dropout_curve, dropout_odds
from valuekit.stats.clv.fitting import Curve, Fit, fit_purchases
from valuekit.stats.clv.histories import batches
from valuekit.stats.clv.rising import Rising

if TYPE_CHECKING:
    from valuekit.stats.clv.histories import Array, Histories

NAME = "Pareto/NBD"
PARAMETERS = ("r", "alpha", "s", "beta")


def fit(histories: Histories) -> Fit:
    """Fit by maximum likelihood, without a penalty.

    Args:
        histories: of all customers, those with one purchase too.

    Raises:
        FitError: there is no fit, with the reason.
    """
    shapes = ((0.6, 0.6, 0.5), (2.0, 1.5, 1.5), (1.0, 0.3, 0.1))
    return fit_purchases(NAME, PARAMETERS, histories, _Likelihood, shapes=shapes, timed=(1, 3))


def log_likelihood(parameters: Array, histories: Histories) -> float:
    """Sum the log-likelihood over customers.

    Args:
        parameters: r, alpha, s, beta.
        histories: of customers, at least one.
    """
    return curve(parameters, histories).value


def curve(parameters: Array, histories: Histories) -> Curve:
    """Compute the log-likelihood with its gradient and Hessian by the logarithms of the parameters."""
    return _Likelihood(histories, 1.0)(parameters)


def p_alive(parameters: Array, histories: Histories) -> Array:
    """Compute the probability that a customer is active at the end of observation."""
    from scipy.special import expit

    rows = Rows(histories.frequency, histories.recency, histories.tenure, histories.weight)
    return np.asarray(expit(-dropout_odds(parameters, rows)))


def expected_purchases(parameters: Array, histories: Histories, spans: Array) -> Array:
    """Compute the number of purchases expected of each customer after the end of observation.

    p_alive·(r + x)/(alpha + T)·(beta + T)·(1 - ((beta + T)/(beta + T + t))^(s - 1))/(s - 1), without a hole at s = 1.
    Of a customer without history (frequency, recency and tenure 0) it is what a new customer will do.

    Args:
        parameters: r, alpha, s, beta.
        histories: of customers; weights do not matter.
        spans: lengths of time from the end of observation.

    Returns:
        One row a history, one column a span.
    """
    r, alpha, s, beta = parameters
    tenure = histories.tenure[:, np.newaxis]
    rate = (p_alive(parameters, histories) * (r + histories.frequency) / (alpha + histories.tenure))[:, np.newaxis]
    span = np.log1p(spans[np.newaxis, :] / (beta + tenure))
    active = span if s == 1.0 else -np.expm1((1.0 - s) * span) / (s - 1.0)
    return np.asarray(rate * (beta + tenure) * active)


def expected_sum(parameters: Array, histories: Histories, spans: Array, factors: Array) -> Array:
    """Add up the purchases expected over several spans, each times a factor.

    Args:
        parameters: r, alpha, s, beta.
        histories: of customers; weights do not matter.
        spans: lengths of time from the end of observation, at least one.
        factors: one a span.

    Returns:
        One number a history.
    """
    found = np.empty(histories.tenure.shape)
    for part in batches(found.size):
        found[part] = expected_purchases(parameters, histories.taken(part), spans) @ factors
    return found


class _Likelihood:
    """The log-likelihood of given histories, with time in multiples of a unit.

    For a customer, Γ(r + x)/Γ(r)·alpha^r/(alpha + T)^(r + x)·(beta/(beta + T))^s·(1 + odds of being gone).
    """

    def __init__(self, histories: Histories, unit: float) -> None:
        repeat = histories.frequency > 0.0
        tenure, zeros = np.unique(histories.tenure[~repeat], return_inverse=True)
        none = np.zeros(tenure.size)
        once = np.bincount(zeros, histories.weight[~repeat], tenure.size)
        self._rows = Rows(
            np.concatenate([none, histories.frequency[repeat]]),
            np.concatenate([none, histories.recency[repeat]]) / unit,
            np.concatenate([tenure, histories.tenure[repeat]]) / unit,
            np.concatenate([once, histories.weight[repeat]]),
        )
        self._rising = Rising(self._rows.x, self._rows.weight)

    def __call__(self, parameters: Array) -> Curve:
        value, gradient, hessian = self._active(parameters)
        dropout = dropout_curve(parameters, self._rows)
        return Curve(value + dropout.value, gradient + dropout.gradient, hessian + dropout.hessian)

    def _active(self, parameters: Array) -> Curve:
        """All but 1 + odds."""
        r, alpha, s, beta = parameters
        x, _, tenure, weight = self._rows
        at_alpha, at_beta = alpha / (alpha + tenure), beta / (beta + tenure)
        of_r = self._rising(r)
        log_sum, left = r * float(weight @ np.log1p(tenure / alpha)), r * float(weight @ (1.0 - at_alpha))
        log_lived, lived = s * float(weight @ np.log1p(tenure / beta)), s * float(weight @ (1.0 - at_beta))
        bought = float(weight @ (x * at_alpha))
        value = of_r[0] - log_sum - log_lived - float(weight @ (x * np.log(alpha + tenure)))
        gradient = np.array([r * of_r[1] - log_sum, left - bought, -log_lived, lived])
        hessian = np.diag([gradient[0] + r * r * of_r[2], 0.0, -log_lived, 0.0])
        hessian[[0, 1], [1, 0]] = left
        hessian[[2, 3], [3, 2]] = lived
        hessian[1, 1] = -float(weight @ ((r + x) * at_alpha * (1.0 - at_alpha)))
        hessian[3, 3] = -s * float(weight @ (at_beta * (1.0 - at_beta)))
        return Curve(value, gradient, hessian)
