"""Inventing scenarios: what nobody thought of.

A scenario is made of :class:`Feature`\\ s, each of which can be left out, within a :class:`Size`.
"""

from harness.workload.generate.detect import features_of
from harness.workload.generate.feature import Feature, parse_features, title_of
from harness.workload.generate.scenarios import scenarios, stream
from harness.workload.generate.size import Size

__all__ = ["Feature", "Size", "features_of", "parse_features", "scenarios", "stream", "title_of"]
