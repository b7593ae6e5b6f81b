"""SQL conditions on resources, and which resources fulfil them."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from harness.fuzz.generate.random_choices import Choices
from harness.fuzz.generate.random_clusters import LICENCE
from harness.model.cluster import Cluster, Resource

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    ">=": operator.ge,
    "<": operator.lt,
}
_NUMBERS = ("mem", "gpu")
_WORDS = ("disk", "host")


@dataclass(frozen=True, slots=True)
class ResourceCondition:
    """A comparison, or several joined by ``AND`` or ``OR``; as in SQL, nothing compares to NULL."""

    text: str = ""
    test: Callable[[Resource], bool] = lambda _: True


def licences() -> ResourceCondition:
    """The condition by which a group asks for licences."""
    return ResourceCondition(f"type = '{LICENCE}'", lambda row: row.type == LICENCE)


def make_condition(choices: Choices, cluster: Cluster) -> ResourceCondition:
    """A condition on the properties the cluster has, sometimes two."""
    names = [name for name in (*_NUMBERS, *_WORDS) if name in cluster.properties]
    first = _comparison(choices, cluster, choices.pick(names))
    if not choices.one_in(4):
        return first
    second, both = _comparison(choices, cluster, choices.pick(names)), choices.one_in(2)
    if both:
        return ResourceCondition(f"{first.text} AND {second.text}", lambda row: first.test(row) and second.test(row))
    return ResourceCondition(f"({first.text} OR {second.text})", lambda row: first.test(row) or second.test(row))


def _comparison(choices: Choices, cluster: Cluster, name: str) -> ResourceCondition:
    if name != "host" and choices.one_in(6):
        null = choices.one_in(2)
        word = "IS NULL" if null else "IS NOT NULL"
        return ResourceCondition(f"{name} {word}", lambda row: (row.properties.get(name) is None) is null)
    values = list(dict.fromkeys(row.properties.get(name) for row in cluster.resources))
    value = choices.pick([each for each in values if each is not None])
    sign = choices.pick((">=", "=", "<") if name in _NUMBERS else ("=", "<>"))
    compare = _COMPARE[sign]

    def test(row: Resource) -> bool:
        found = row.properties.get(name)
        return found is not None and compare(found, value)

    return ResourceCondition(f"{name} {sign} {value}" if name in _NUMBERS else f"{name} {sign} '{value}'", test)
