"""Derivatives by the logarithms of parameters, by differences: what exact gradients and Hessians are compared with."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from valuekit.stats.clv.fitting import Curve

Array = NDArray[np.float64]

STEP = 1e-5


def assert_derivatives(curve: Callable[[Array], Curve], parameters: Array) -> None:
    """Compare a curve's gradient with differences of its values, and its Hessian with differences of its gradient."""
    found = curve(parameters)
    steps = STEP * np.eye(parameters.size)
    sides = [(curve(parameters * np.exp(step)), curve(parameters * np.exp(-step))) for step in steps]
    gradient = np.array([(up.value - down.value) / (2.0 * STEP) for up, down in sides])
    hessian = np.array([(up.gradient - down.gradient) / (2.0 * STEP) for up, down in sides])
    np.testing.assert_allclose(found.gradient, gradient, rtol=1e-6, atol=1e-7 * np.abs(gradient).max())
    np.testing.assert_allclose(found.hessian, hessian, rtol=1e-6, atol=1e-7 * np.abs(hessian).max())
    np.testing.assert_allclose(found.hessian, found.hessian.T, rtol=1e-12)
