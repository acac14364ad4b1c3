"""Customers who buy just as the models say, with parameters that are known: what fits must find again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from valuekit.stats.clv.histories import Histories

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Simulated:
    """Customers seen until the end of observation, and how often each bought after it."""

    histories: Histories
    later: Array


def bg_nbd(rng: np.random.Generator, parameters: tuple[float, ...], tenure: Array, later: float) -> Simulated:
    """Each buys at a rate of its own, and after each repeat purchase leaves with a chance of its own."""
    r, alpha, a, b = parameters
    rate, leaving = rng.gamma(r, 1.0 / alpha, tenure.size), rng.beta(a, b, tenure.size)
    return _bought(rng, rate=rate, lifetime=np.full(tenure.size, np.inf), leaving=leaving, tenure=tenure, later=later)


def pareto_nbd(rng: np.random.Generator, parameters: tuple[float, ...], tenure: Array, later: float) -> Simulated:
    """Each buys at a rate of its own, for a lifetime that ends at a rate of its own."""
    r, alpha, s, beta = parameters
    rate, ending = rng.gamma(r, 1.0 / alpha, tenure.size), rng.gamma(s, 1.0 / beta, tenure.size)
    lifetime = rng.exponential(1.0, tenure.size) / ending
    return _bought(rng, rate=rate, lifetime=lifetime, leaving=np.zeros(tenure.size), tenure=tenure, later=later)


def gamma_gamma(rng: np.random.Generator, parameters: tuple[float, ...], frequency: Array) -> Array:
    """The mean of as many purchases as a customer made, each around a mean of the customer's own."""
    p, q, v = parameters
    rate: Array = rng.gamma(q, 1.0 / v, frequency.size)
    return np.asarray(rng.gamma(p * frequency, 1.0) / (rate * frequency))


def _bought(
    rng: np.random.Generator, *, rate: Array, lifetime: Array, leaving: Array, tenure: Array, later: float
) -> Simulated:
    """Draw one purchase after the other, of all customers who still buy."""
    now, active = np.zeros(tenure.size), np.arange(tenure.size)
    frequency, recency, after = np.zeros(tenure.size), np.zeros(tenure.size), np.zeros(tenure.size)
    while active.size:
        now[active] += rng.exponential(1.0, active.size) / np.maximum(rate[active], 1e-300)
        active = active[now[active] <= np.minimum(tenure[active] + later, lifetime[active])]
        seen = active[now[active] <= tenure[active]]
        frequency[seen] += 1.0
        recency[seen] = now[seen]
        after[active] += now[active] > tenure[active]
        active = active[rng.random(active.size) >= leaving[active]]
    return Simulated(Histories.of_customers(frequency, recency, tenure), after)
