"""The sentence: sources land facts, an engine turns facts into states, states merge, metrics turn them into scores.

The only room where sources, engine, cache, metrics and reports meet.
"""

from valuekit.pipeline.results import Progress, Silent
from valuekit.pipeline.workspace import Workspace

__all__ = ["Progress", "Silent", "Workspace"]
