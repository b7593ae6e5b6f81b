"""Inventing scenarios: what nobody thought of.

A scenario is made of :class:`Feature`\\ s, each of which can be left out, within a :class:`Size`.
"""

from harness.fuzz.generate.detect import features_of
from harness.fuzz.generate.feature import Feature, parse_features, title_of
from harness.fuzz.generate.random_scenarios import scenarios, stream
from harness.fuzz.generate.size import Size

__all__ = ["Feature", "Size", "features_of", "parse_features", "scenarios", "stream", "title_of"]
