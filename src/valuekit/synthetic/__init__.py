"""Made-up data whose truth is known, for the demo, the tests and the benchmarks.

Owns the shape of a synthetic Pega export, of synthetic holdings, and of the demo folder. Never reads real data, and
knows nothing of how valuekit computes: its truth is counted while the data is made.
"""

from __future__ import annotations

from valuekit.synthetic.demo import write_demo
from valuekit.synthetic.history import generate_history
from valuekit.synthetic.holdings import HoldingsTruth, generate_holdings
from valuekit.synthetic.truth import Counts, Truth

__all__ = ["Counts", "HoldingsTruth", "Truth", "generate_history", "generate_holdings", "write_demo"]
