"""Maximum likelihood over the logarithms of positive parameters, with exact gradient and Hessian.

Owns the search, and the decision whether it found a maximum. A search that did not is an error with a reason: there is
no fit, and so no number that could be mistaken for one. Never knows a model.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from valuekit.errors import DataError
from valuekit.stats.proportions import critical_value

if TYPE_CHECKING:
    from valuekit.stats.clv.histories import Array, Histories

LEAST_CUSTOMERS = 20
"""Fewer customers say too little for intervals that rest on many."""

_FAR = math.log(1e6)
"""A parameter that left the size of the data by this factor is on its way to infinity, or to 0."""

_FLAT = 1e-6
"""At a maximum the last Newton step, in logarithms, is shorter than this; on the way to infinity it stays about 1."""

_TINY = 1e-9
"""A Newton step doubles the digits: after one that is shorter, a further one would only move the last bits."""

_GRADIENT = 1e-7
"""The search stops where no derivative for a customer exceeds this; the Newton steps after it do the rest."""


class FitError(DataError):
    """A model that cannot be fitted to these customers.

    Attributes:
        model: the model's name.
        reason: why, without the model's name.
    """

    error_id = "fit"

    def __init__(self, model: str, reason: str) -> None:
        super().__init__(f"{model} cannot be fitted: {reason}")
        self.model = model
        self.reason = reason


@dataclass(frozen=True)
class Fit:
    """A maximum of the likelihood.

    Attributes:
        model: the model's name.
        names: the parameters' names.
        parameters: their values, in the units of the data.
        log_likelihood: the natural logarithm of the likelihood, summed over customers.
        customers: how many customers were used.
        covariance: the covariance matrix of the logarithms of the parameters: the inverse of the observed information.
    """

    model: str
    names: tuple[str, ...]
    parameters: Array
    log_likelihood: float
    customers: float
    covariance: Array

    def intervals(self, confidence: float = 0.95) -> Array:
        """Give the parameters' confidence intervals, one row each: exp(ln value ± z·error), so always above 0."""
        half_width = critical_value(confidence) * np.sqrt(np.diag(self.covariance))
        return np.asarray(self.parameters[:, np.newaxis] * np.exp(np.outer(half_width, [-1.0, 1.0])))

    def standard_errors(self) -> Array:
        """Give the parameters' standard errors, by the delta method: value · error of its logarithm."""
        return self.parameters * np.sqrt(np.diag(self.covariance))


class Curve(NamedTuple):
    """The log-likelihood at one place, with its derivatives by the logarithms of the parameters."""

    value: float
    gradient: Array
    hessian: Array


Likelihood = Callable[["Array"], Curve]
"""From the parameters to the log-likelihood, a sum over customers."""


@dataclass(frozen=True)
class Problem:
    """What is to be maximised.

    Attributes:
        model: the model's name, for messages.
        names: the parameters' names.
        likelihood: of data scaled so that parameters are of a moderate size.
        starts: where to begin: the first that leads to a maximum is taken.
        customers: how many customers there are.
    """

    model: str
    names: tuple[str, ...]
    likelihood: Likelihood
    starts: Sequence[Array]
    customers: float


def fit_purchases(
    model: str,
    names: tuple[str, ...],
    histories: Histories,
    likelihood: Callable[[Histories, float], Likelihood],
    *,
    shapes: Sequence[tuple[float, ...]],
    timed: Sequence[int],
) -> Fit:
    """Fit a model of when customers buy, whose first two parameters are those of the Gamma distributed purchase rate.

    Args:
        model: the model's name.
        names: the parameters' names.
        histories: of all customers, those with one purchase too.
        likelihood: makes the log-likelihood of histories, with time in multiples of a unit.
        shapes: where to begin: every parameter but the second, which follows from the mean rate.
        timed: which parameters are times.

    Raises:
        FitError: there is no fit, with the reason.
    """
    require_enough(model, histories.customers)
    if not histories.frequency.any():
        raise FitError(model, "all customers bought once")
    unit = float(np.average(histories.tenure, weights=histories.weight))
    rate = float(histories.weight @ histories.frequency) / histories.customers
    starts = [np.array([r, r / rate, *others]) for r, *others in shapes]
    problem = Problem(model, names, likelihood(histories, unit), starts, histories.customers)
    parameters, covariance = maximise(problem)
    parameters[list(timed)] *= unit
    value = likelihood(histories, 1.0)(parameters).value
    return Fit(model, names, parameters, value, histories.customers, covariance)


def require_enough(model: str, customers: float) -> None:
    """Refuse to fit too few customers.

    Raises:
        FitError: there are fewer than `LEAST_CUSTOMERS`.
    """
    if customers < LEAST_CUSTOMERS:
        raise FitError(model, f"there are fewer than {LEAST_CUSTOMERS} customers ({customers:g})")


def maximise(problem: Problem) -> tuple[Array, Array]:
    """Find the parameters of the greatest likelihood, and the covariance matrix of their logarithms.

    A trust-region Newton search, then plain Newton steps. A maximum is where the last of these is tiny, the Hessian is
    negative definite and no parameter is beyond all measure.

    Raises:
        FitError: no start leads to a maximum; the reason is that of the first one.
    """
    failure: FitError | None = None
    for start in problem.starts:
        try:
            return _Search(problem).run(np.log(start))
        except FitError as error:
            failure = failure or error
    raise failure or FitError(problem.model, "there is no place to start from")


class _Search:
    """One search; remembers the last place, since the search asks for its parts one by one."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._place: bytes = b""
        self._curve = Curve(math.nan, np.empty(0), np.empty((0, 0)))

    def run(self, start: Array) -> tuple[Array, Array]:
        """Search from here."""
        from scipy import optimize

        minimize: Any = optimize.minimize
        found = minimize(
            lambda at: self._at(at).value,
            start,
            jac=lambda at: self._at(at).gradient,
            hess=lambda at: self._at(at).hessian,
            method="trust-exact",
            callback=self._watch,
            options={"gtol": _GRADIENT, "maxiter": 200, "initial_trust_radius": 0.5, "max_trust_radius": 4.0},
        )
        return self._settle(np.asarray(found.x, dtype=np.float64))

    def _at(self, logs: Array) -> Curve:
        """What is minimised: the log-likelihood of a customer, with its sign turned. Infinite where it is no number."""
        place = logs.tobytes()
        if place != self._place:
            curve = self._problem.likelihood(np.exp(logs))
            divisor = -self._problem.customers
            value = curve.value / divisor
            finite = math.isfinite(value) and bool(np.all(np.isfinite(curve.hessian)))
            self._curve = Curve(
                value if finite else math.inf,
                np.where(finite, curve.gradient, 0.0) / divisor,
                np.where(finite, curve.hessian, 0.0) / divisor,
            )
            self._place = place
        return self._curve

    def _watch(self, logs: Array) -> None:
        """Stop a search that runs away."""
        farthest = int(np.argmax(np.abs(logs)))
        if abs(logs[farthest]) > _FAR:
            raise self._runaway(farthest, float(logs[farthest]))

    def _settle(self, logs: Array) -> tuple[Array, Array]:
        """Take Newton steps until they are tiny, and check that this is a maximum."""
        step = np.full(logs.shape, math.inf)
        for _ in range(4):
            curve = self._at(logs)
            if not math.isfinite(curve.value):
                raise FitError(self._problem.model, "the likelihood is not finite")
            eigenvalues, vectors = np.linalg.eigh(curve.hessian)
            singular = eigenvalues[0] <= 1e-12 * eigenvalues[-1]
            flattest = vectors[:, 0] * (1.0 if curve.gradient @ vectors[:, 0] >= 0.0 else -1.0)
            step = flattest if singular else np.linalg.solve(curve.hessian, curve.gradient)
            longest = int(np.argmax(np.abs(step)))
            if abs(step[longest]) > 0.1:
                raise self._runaway(longest, -float(step[longest]))
            logs = logs - step
            self._watch(logs)
            if np.abs(step).max() < _TINY:
                break
        if np.abs(step).max() > _FLAT:
            raise FitError(self._problem.model, "the search for the maximum of the likelihood did not settle")
        covariance = np.linalg.inv(self._at(logs).hessian * self._problem.customers)
        return np.exp(logs), np.asarray(covariance, dtype=np.float64)

    def _runaway(self, parameter: int, direction: float) -> FitError:
        limit = "infinity" if direction > 0 else "0"
        name = self._problem.names[parameter]
        return FitError(
            self._problem.model, f"the likelihood has no maximum at finite parameters: {name} runs to {limit}"
        )
