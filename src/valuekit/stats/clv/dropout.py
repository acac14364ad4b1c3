"""The Pareto/NBD model's odds that a customer has dropped out, by quadrature.

Owns the one integral of the model that has no elementary form, with its derivatives. The literature writes it as the
difference of two hypergeometric functions, which loses digits where they nearly agree and has no handy derivatives.
The integrand is positive and smooth, so that Gauss and Legendre's rule gives it to about 12 digits with few nodes, and
every derivative is a mean over the same nodes.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from valuekit.stats.clv.fitting import Curve

if TYPE_CHECKING:
    from valuekit.stats.clv.histories import Array

_NODES = 24
"""Nodes of the quadrature."""

_NEGLIGIBLE = 36.0
"""The integral ends where the integrand has fallen by e to this power."""

_OVERFLOW = 300.0
"""The exponential of more is hardly a number."""

_BATCH = 4096
"""So many rows are held at a time: their nodes fit the processor's cache."""


class Rows(NamedTuple):
    """Customers, one row each, or one for all of one history.

    Attributes:
        x: repeat purchases.
        recency: t_x.
        tenure: T.
        weight: how many customers a row stands for.
    """

    x: Array
    recency: Array
    tenure: Array
    weight: Array


class _Nodes(NamedTuple):
    """The integrand of some customers, one row each, one column a node.

    Attributes:
        log_odds: the logarithm of the odds, the integral times what stands before it.
        share: what each node adds, as a share of the integral.
        log_alpha: ln((alpha + τ)/(alpha + t_x)).
        log_beta: ln((beta + τ)/(beta + t_x)).
        of_alpha: alpha/(alpha + τ).
        of_beta: beta/(beta + τ).
    """

    log_odds: Array
    share: Array
    log_alpha: Array
    log_beta: Array
    of_alpha: Array
    of_beta: Array


def dropout_odds(parameters: Array, rows: Rows) -> Array:
    """Compute the logarithm of the odds that a customer has dropped out before the end of observation.

    odds = s·∫ ((alpha + T)/(alpha + τ))^(r + x)·((beta + T)/(beta + τ))^s dτ/(beta + τ), τ from t_x to T.

    Args:
        parameters: r, alpha, s, beta.
        rows: the customers.

    Returns:
        One value a row; minus infinity where recency is tenure.
    """
    return np.concatenate([_integrand(parameters, batch).log_odds for batch in _batches(rows)])


def dropout_curve(parameters: Array, rows: Rows) -> Curve:
    """Compute the sum over customers of ln(1 + odds), with its derivatives by the logarithms of the parameters."""
    value, gradient, hessian = 0.0, np.zeros(4), np.zeros((4, 4))
    for batch in _batches(rows):
        part = _curve(parameters, batch)
        value, gradient, hessian = value + part.value, gradient + part.gradient, hessian + part.hessian
    return Curve(value, gradient, hessian)


def _integrand(parameters: Array, rows: Rows) -> _Nodes:
    """Evaluate the integrand at the nodes of y = ln((c + τ)/(c + t_x)), c the smaller one of alpha and beta.

    In y the integrand is the exponential of a nearly straight line, falling from t_x on. The other one of alpha and
    beta, and so the nearest pole, stays at least π away.
    """
    r, alpha, s, beta = parameters
    at, width = _legendre()
    power, near = r + rows.x, min(alpha, beta) + rows.recency
    length = _length(parameters, rows)
    y = length[:, np.newaxis] * at
    since = near[:, np.newaxis] * np.expm1(y)
    other = np.log1p(since / (max(alpha, beta) + rows.recency)[:, np.newaxis])
    log_alpha, log_beta = (y, other) if alpha <= beta else (other, y)
    of_alpha = alpha / ((alpha + rows.recency)[:, np.newaxis] + since)
    of_beta = beta / ((beta + rows.recency)[:, np.newaxis] + since)
    size = np.exp(-power[:, np.newaxis] * log_alpha - s * log_beta) * width
    if alpha <= beta:
        size *= of_beta / of_alpha * (alpha / beta)
    total = size.sum(axis=1)
    since_alpha, since_beta = _rise(alpha, rows), _rise(beta, rows)
    with np.errstate(divide="ignore"):
        log_odds = np.log(s) + power * since_alpha + s * since_beta + np.log(total * length)
    return _Nodes(log_odds, size / total[:, np.newaxis], log_alpha, log_beta, of_alpha, of_beta)


def _length(parameters: Array, rows: Rows) -> Array:
    """How far the integral goes in y: to T, or to where either factor has fallen to nothing."""
    r, alpha, s, beta = parameters
    by_purchases = (alpha + rows.recency) * np.expm1(np.minimum(_NEGLIGIBLE / (r + rows.x), _OVERFLOW))
    by_dropouts = (beta + rows.recency) * np.expm1(min(_NEGLIGIBLE / s, _OVERFLOW))
    end = np.minimum(np.minimum(by_purchases, by_dropouts), rows.tenure - rows.recency)
    return np.asarray(np.log1p(end / (min(alpha, beta) + rows.recency)))


def _rise(scale: float, rows: Rows) -> Array:
    """ln((scale + T)/(scale + t_x))."""
    return np.asarray(np.log1p((rows.tenure - rows.recency) / (scale + rows.recency)))


def _curve(parameters: Array, rows: Rows) -> Curve:
    """The sum of weight·ln(1 + odds) over these customers."""
    from scipy.special import expit

    r, alpha, s, beta = parameters
    nodes = _integrand(parameters, rows)
    means, moments = _moments(nodes)
    dead = expit(nodes.log_odds)
    weighted, power = rows.weight * dead, r + rows.x
    end_alpha, end_beta = alpha / (alpha + rows.tenure), beta / (beta + rows.tenure)
    slope = np.stack(
        [
            r * (_rise(alpha, rows) - means[0]),
            power * (end_alpha - means[1]),
            1.0 + s * (_rise(beta, rows) - means[2]),
            s * end_beta - (s + 1.0) * means[3],
        ]
    )
    gradient = slope @ weighted
    hessian = (slope * (weighted * (1.0 - dead))) @ slope.T + _scatter(parameters, rows.x, weighted, means, moments)
    hessian[0, 0] += gradient[0]
    hessian[[0, 1], [1, 0]] += r * float(weighted @ (end_alpha - means[1]))
    hessian[1, 1] += float((weighted * power) @ (end_alpha * (1.0 - end_alpha) - means[1] + moments[1, 1]))
    hessian[2, 2] += gradient[2] - float(weighted.sum())
    hessian[[2, 3], [3, 2]] += s * float(weighted @ (end_beta - means[3]))
    bend = s * end_beta * (1.0 - end_beta) - (s + 1.0) * (means[3] - moments[3, 3])
    hessian[3, 3] += float(weighted @ bend)
    return Curve(float(rows.weight @ np.logaddexp(0.0, nodes.log_odds)), gradient, hessian)


def _scatter(
    parameters: Array, x: Array, weighted: Array, means: list[Array], moments: dict[tuple[int, int], Array]
) -> Array:
    """The part of the Hessian that is the covariance, under the integrand, of its logarithmic derivatives."""
    r, _, s, _ = parameters
    scale = (np.full_like(x, r), r + x, np.full_like(x, s), np.full_like(x, s + 1.0))
    found = np.zeros((4, 4))
    for (i, j), moment in moments.items():
        found[i, j] = found[j, i] = float((weighted * scale[i]) @ (scale[j] * (moment - means[i] * means[j])))
    return found


def _moments(nodes: _Nodes) -> tuple[list[Array], dict[tuple[int, int], Array]]:
    """Means, under the integrand, of the four functions by which its derivatives are written, and of their products."""
    functions = (nodes.log_alpha, nodes.of_alpha, nodes.log_beta, nodes.of_beta)
    shares = [nodes.share * function for function in functions]
    products = {
        (i, j): np.einsum("nk,nk->n", share, functions[j])
        for i, share in enumerate(shares)
        for j in range(i, len(functions))
    }
    return [share.sum(axis=1) for share in shares], products


@cache
def _legendre() -> tuple[Array, Array]:
    """Nodes and weights of the quadrature over 0 to 1."""
    at, width = np.polynomial.legendre.leggauss(_NODES)
    return (at + 1.0) / 2.0, width / 2.0


def _batches(rows: Rows) -> list[Rows]:
    """Cut rows into batches, at least one."""
    starts = range(0, max(rows.x.size, 1), _BATCH)
    return [Rows(*(part[start : start + _BATCH] for part in rows)) for start in starts]
