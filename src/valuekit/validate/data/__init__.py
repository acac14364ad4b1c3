"""Judgement of a config by what real data holds: what `valuekit validate --data` adds.

Owns the VK6xx findings. Never reads data itself: it judges a profile that somebody gathered.
"""

from valuekit.validate.data.judge import judge
from valuekit.validate.data.profile import SourceProfile

__all__ = ["SourceProfile", "judge"]
