"""Making a failing scenario smaller, cut by cut, whatever a failure is and however it is tested."""

from harness.workload.shrink.candidates import smaller
from harness.workload.shrink.shrinker import Shrinker
from harness.workload.shrink.weight import weight

__all__ = ["Shrinker", "smaller", "weight"]
