"""The BG/NBD model: customers buy at random, each at a rate of its own, and may drop out after any purchase.

Purchase rates are Gamma(r, alpha) over customers, dropout probabilities Beta(a, b). Owns its likelihood, fit, and what
it expects of customers. Time is in whatever unit the histories are in, and so is alpha.

Source: P. S. Fader, B. G. S. Hardie, K. L. Lee, "Counting your customers" the easy way: an alternative to the
Pareto/NBD model, Marketing Science 24 (2005) 275-284.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from valuekit.stats.clv.fitting import Curve, Fit, fit_purchases
from valuekit.stats.clv.histories import batches
from valuekit.stats.clv.rising import Rising

if TYPE_CHECKING:
    from valuekit.stats.clv.histories import Array, Histories

NAME = "BG/NBD"
PARAMETERS = ("r", "alpha", "a", "b")

_ALTERNATING = 8.0
"""Where r is above a + b by more, the hypergeometric function's terms alternate and cancel."""

_HOLE = 1e-5
"""Around a = 1, where a formula is 0/0, so much is left out to either side; about 10 digits remain."""

_POLE = 1e-12
"""As much is left out around c = 0, where a product of 0 and infinity is finite."""

_NEGLIGIBLE = -40.0
"""The logarithm of a chance that no longer counts."""


def fit(histories: Histories) -> Fit:
    """Fit by maximum likelihood, without a penalty.

    Args:
        histories: of all customers, those with one purchase too.

    Raises:
        FitError: there is no fit, with the reason.
    """
    shapes = ((0.5, 0.8, 2.5), (2.0, 0.5, 5.0), (0.2, 2.0, 2.0))
    return fit_purchases(NAME, PARAMETERS, histories, _Likelihood, shapes=shapes, timed=(1,))


def log_likelihood(parameters: Array, histories: Histories) -> float:
    """Sum the log-likelihood over customers; the paper's equation 6.

    Args:
        parameters: r, alpha, a, b.
        histories: of customers, at least one.
    """
    return curve(parameters, histories).value


def curve(parameters: Array, histories: Histories) -> Curve:
    """Compute the log-likelihood with its gradient and Hessian by the logarithms of the parameters."""
    return _Likelihood(histories, 1.0)(parameters)


def p_alive(parameters: Array, histories: Histories) -> Array:
    """Compute the probability that a customer will ever buy again; 1 for one purchase, by the model's assumption.

    Source: P. S. Fader, B. G. S. Hardie, K. L. Lee, Computing P(alive) using the BG/NBD model (2008).
    """
    from scipy.special import expit

    r, alpha, a, b = parameters
    x = histories.frequency
    odds = np.log(a / (b + np.maximum(x, 1.0) - 1.0)) + (r + x) * _elapsed(alpha, histories.recency, histories.tenure)
    return np.where(x > 0.0, expit(-odds), 1.0)


def expected_purchases(parameters: Array, histories: Histories, spans: Array) -> Array:
    """Compute the number of purchases expected of each customer after the end of observation; equation 10.

    Of a customer without history (frequency, recency and tenure 0) this is equation 9: what a new customer will do.

    Args:
        parameters: r, alpha, a, b.
        histories: of customers; weights do not matter.
        spans: lengths of time from the end of observation.

    Returns:
        One row a history, one column a span.
    """
    x, tenure, row = histories.pairs
    if_alive = _expected_if_alive(parameters, x[:, np.newaxis], tenure[:, np.newaxis], spans[np.newaxis, :])
    expected: Array = p_alive(parameters, histories)[:, np.newaxis] * if_alive[row]
    return expected


def expected_sum(parameters: Array, histories: Histories, spans: Array, factors: Array) -> Array:
    """Add up the purchases expected over several spans, each times a factor.

    Args:
        parameters: r, alpha, a, b.
        histories: of customers; weights do not matter.
        spans: lengths of time from the end of observation, at least one.
        factors: one a span.

    Returns:
        One number a history.
    """
    x, tenure, row = histories.pairs
    if_alive = np.empty(x.size)
    for part in batches(x.size):
        of_spans = _expected_if_alive(parameters, x[part, np.newaxis], tenure[part, np.newaxis], spans[np.newaxis, :])
        if_alive[part] = of_spans @ factors
    return np.asarray(p_alive(parameters, histories) * if_alive[row])


def _expected_if_alive(parameters: Array, x: Array, tenure: Array, span: Array) -> Array:
    """Expected purchases of customers who are active at the end of observation."""
    r, alpha, a, b = parameters
    x, z = np.broadcast_arrays(x, span / (alpha + tenure + span))
    return _by_terms(parameters, x, z) if r > a + b + _ALTERNATING else _by_hypergeometric(parameters, x, z)


def _by_hypergeometric(parameters: Array, x: Array, z: Array) -> Array:
    """Equation 10, in a form of which nothing overflows.

    With e = a - 1, c = a + b + x - 1 and z = t/(alpha + T + t), Euler's transformation of equation 10 gives
    c/e·(1 - (1 - z)^e·2F1(c - r - x, e; c; z)). Both 2F1 - 1 and (1 - z)^e - 1 are multiples of e, and c·(2F1 - 1) has
    no pole at c = 0: so 2F1 is taken on either side of these holes.
    """
    from scipy.special import hyp2f1

    r, _, a, b = parameters
    e, log_rest = a - 1.0, np.log1p(-z)
    c = a + b + x - 1.0
    c = np.where(np.abs(c) < _POLE, _POLE, c)
    lost = -log_rest if e == 0.0 else -np.expm1(e * log_rest) / e
    sides = (e,) if abs(e) > _HOLE else (e - 2.0 * _HOLE, e + 2.0 * _HOLE)
    tail = sum((hyp2f1(a + b - 1.0 - r, side, c, z) - 1.0) / side for side in sides) / len(sides)
    return np.asarray(c * (lost - np.exp(e * log_rest) * tail))


def _by_terms(parameters: Array, x: Array, z: Array) -> Array:
    """Σ over n ≥ 1 of P(N ≥ n)·Π over j < n - 1 of (b + x + j)/(a + b + x + j): all terms are positive.

    N is how often a customer would buy who never drops out, a negative binomial number. Where r is much above a + b,
    the hypergeometric function loses its digits, and this keeps them.
    """
    r, _, a, b = parameters
    shape, x, z = z.shape, x.ravel(), z.ravel()
    power, log_rest = r + x, np.log1p(-z)
    reached, log_chance = -np.expm1(power * log_rest), power * log_rest
    found: Array = reached.copy()
    more, staying, n = np.flatnonzero(z > 0.0), np.ones(z.size), 0
    while more.size:
        n += 1
        k, before = power[more], b + x[more] + n - 1.0
        log_chance[more] += np.log((k + n - 1.0) / n * z[more])
        reached[more] -= np.exp(log_chance[more])
        staying[more] *= before / (a + before)
        found[more] += np.maximum(reached[more], 0.0) * staying[more]
        if n % 8 == 0:
            more = more[(log_chance[more] > _NEGLIGIBLE + log_rest[more]) | (n * (1.0 - z[more]) < k * z[more])]
    return found.reshape(shape)


def _elapsed(alpha: float, recency: Array, tenure: Array) -> Array:
    """ln((alpha + T)/(alpha + t_x))."""
    return np.asarray(np.log1p((tenure - recency) / (alpha + recency)))


class _Likelihood:
    """The log-likelihood of given histories, with time in multiples of a unit.

    For a customer, Γ(r + x)/Γ(r)·B(a, b + x)/B(a, b)·alpha^r/(alpha + T)^(r + x)·(1 + odds), with the odds of having
    dropped out a/(b + x - 1)·((alpha + T)/(alpha + t_x))^(r + x), 0 for x = 0. x is whole, so ratios of Γ are products.
    """

    def __init__(self, histories: Histories, unit: float) -> None:
        repeat = histories.frequency > 0.0
        tenure, zeros = np.unique(histories.tenure[~repeat], return_inverse=True)
        self._once = tenure / unit, np.bincount(zeros, histories.weight[~repeat], tenure.size)
        self._x, self._weight = histories.frequency[repeat], histories.weight[repeat]
        self._recency, self._tenure = histories.recency[repeat] / unit, histories.tenure[repeat] / unit
        self._rising = Rising(self._x, self._weight)

    def __call__(self, parameters: Array) -> Curve:
        parts = [self._products(parameters), self._once_only(parameters), self._repeat(parameters)]
        return Curve(*(sum(part[1:], start=part[0]) for part in zip(*parts, strict=True)))

    def _products(self, parameters: Array) -> Curve:
        r, _, a, b = parameters
        of_r, of_b, of_sum = self._rising(r), self._rising(b), self._rising(a + b)
        gradient = np.array([r * of_r[1], 0.0, -a * of_sum[1], b * (of_b[1] - of_sum[1])])
        hessian = np.diag(gradient)
        hessian[0, 0] += r * r * of_r[2]
        hessian[2:, 2:] -= np.outer([a, b], [a, b]) * of_sum[2]
        hessian[3, 3] += b * b * of_b[2]
        return Curve(of_r[0] + of_b[0] - of_sum[0], gradient, hessian)

    def _once_only(self, parameters: Array) -> Curve:
        """Customers who bought once: (alpha/(alpha + T))^r."""
        r, alpha, _, _ = parameters
        tenure, weight = self._once
        share = alpha / (alpha + tenure)
        log_sum, rest = -r * float(weight @ np.log1p(tenure / alpha)), r * float(weight @ (1.0 - share))
        hessian = np.zeros((4, 4))
        hessian[:2, :2] = [[log_sum, rest], [rest, -r * float(weight @ (share * (1.0 - share)))]]
        return Curve(log_sum, np.array([log_sum, rest, 0.0, 0.0]), hessian)

    def _repeat(self, parameters: Array) -> Curve:
        """Customers who came back: alpha^r/(alpha + T)^(r + x)·(1 + odds)."""
        from scipy.special import expit

        r, alpha, a, b = parameters
        x, weight = self._x, self._weight
        power, elapsed = r + x, _elapsed(alpha, self._recency, self._tenure)
        at_end, at_last = alpha / (alpha + self._tenure), alpha / (alpha + self._recency)
        alone = b / (b + x - 1.0)
        odds = np.log(a / b * alone) + power * elapsed
        dead = expit(odds)
        grown = np.log1p(self._tenure / alpha)
        value = -r * grown - x * np.log(alpha + self._tenure) + np.logaddexp(0.0, odds)
        slope = np.stack([r * elapsed, power * (at_end - at_last), np.ones_like(x), -alone])
        weighted = weight * dead
        gradient = slope @ weighted
        hessian = (slope * (weighted * (1.0 - dead))) @ slope.T
        bend = at_end * (1.0 - at_end) - at_last * (1.0 - at_last)
        hessian[0, 0] += gradient[0]
        hessian[[0, 1], [1, 0]] += r * float(weighted @ (at_end - at_last))
        hessian[1, 1] += float(weighted @ (power * bend))
        hessian[3, 3] += float(weighted @ (alone * (alone - 1.0)))
        log_sum, rest = -r * float(weight @ grown), r * float(weight @ (1.0 - at_end))
        gradient[0] += log_sum
        gradient[1] += float(weight @ (r - power * at_end))
        hessian[0, 0] += log_sum
        hessian[[0, 1], [1, 0]] += rest
        hessian[1, 1] -= float(weight @ (power * at_end * (1.0 - at_end)))
        return Curve(float(weight @ value), gradient, hessian)
