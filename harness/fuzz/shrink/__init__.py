"""Making a failing scenario smaller, cut by cut, whatever a failure is and however it is tested."""

from harness.fuzz.shrink.candidates import smaller
from harness.fuzz.shrink.shrinker import Shrinker
from harness.fuzz.shrink.weight import weight

__all__ = ["Shrinker", "smaller", "weight"]
