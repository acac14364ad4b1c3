"""What a page carries so that its filters give the numbers that `compute --where` prints.

Owns which states are embedded, at which grain and how fine. Never lays a page out, and never computes a score.
"""

from __future__ import annotations

from valuekit.pipeline.embedding.deciding import embed

__all__ = ["embed"]
