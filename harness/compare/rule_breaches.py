"""What schedules break by themselves: rules of a valid schedule, and a scenario's assertions; found once for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import tzinfo
from functools import cached_property

from harness.compare.expect.answers import actions_of, unmet
from harness.compare.expect.expectations import broken, judges_validity
from harness.compare.reference_noise import observed
from harness.compare.validate import validate
from harness.compare.validate.violation import EXPECTED
from harness.model.difference import Difference, DifferenceClass
from harness.model.record import CaseRecord, Kind, Observation
from harness.model.resubmission import replaced
from harness.model.schedule import Placement

TIMELINES = (Kind.LIVE, Kind.REPLAY, Kind.PROCEDURE)
"""The kinds of case whose schedules are what really ran."""
Broken = Mapping[str, Mapping[str, str]]
"""Why a schedule is not valid: by job, by rule. An assertion that does not hold is its own rule."""


class Breaches:
    """What the observations of one case break.

    :param zone: the servers' time zone.
    """

    def __init__(self, record: CaseRecord, zone: tzinfo) -> None:
        self._record = record
        self._zone = zone
        self._actions = actions_of(record)
        self._found: dict[int, Broken] = {}

    def of(self, seen: Observation) -> Broken:
        """What an observation of the record breaks, that has a schedule."""
        if id(seen) not in self._found:
            self._found[id(seen)] = self._find(seen)
        return self._found[id(seen)]

    @cached_property
    def both(self) -> Broken:
        """What the reference breaks, in any of its answers."""
        found: dict[str, dict[str, str]] = {}
        for seen in observed(self._record):
            for job, rules in self.of(seen).items():
                found.setdefault(job, {}).update(rules)
        return found

    def _find(self, seen: Observation) -> Broken:
        schedule, expect = seen.schedule, self._record.expect
        assert schedule is not None
        situation = seen.situation or self._record.situation
        found: dict[str, dict[str, str]] = {}
        if judges_validity(expect):
            timeline = self._record.kind in TIMELINES
            for violation in validate(situation, schedule, timeline=timeline, zone=self._zone):
                rules = found.setdefault(violation.jobs[0], {})
                rules[violation.rule] = "; ".join(filter(None, (rules.get(violation.rule), violation.why)))
        asked = {subject: words for subject, words in expect.items() if subject not in self._actions}
        for broke in broken(asked, situation, schedule, self._record.source or self._record.id):
            fate = schedule.fates.get(broke.job)
            nowhere = fate.placement is None if fate else bool(replaced(broke.job))
            if seen.crashes and nowhere:
                continue  # it has no place because of the crash, which is reported once
            found.setdefault(broke.job, {})[broke.why] = broke.why
        # Of what a crash prevented, only the crash is reported.
        done = [answer for answer in seen.answers if not (seen.crashes and answer.undone)]
        for broke in unmet(expect, done):
            found.setdefault(broke.job, {})[broke.why] = broke.why
        return found


def broken_rules(found: Difference, broke: Mapping[str, str], by_reference: Mapping[str, str]) -> Difference:
    """A job that breaks rules, in place of how it was classified.

    What the reference breaks too is no fault of the candidate's: if nothing else is broken a job that differs is
    reported as that, and one that does not is ``invalid`` on both sides.
    """
    shared = _asked(broke) <= _asked(by_reference)
    wrong = invalid(found.job, broke, by_reference, found.reference, found.candidate)
    if shared and not found.harmless and found.why:
        return replace(found, why=f"{found.why}; {wrong.why}")
    return replace(wrong, shared=shared)


def _asked(broken_rules: Mapping[str, str]) -> set[str]:
    """What was broken, whatever came instead: the names of rules, and assertions as they were written."""
    return {why.partition(", but ")[0] if why.startswith("expected ") else rule for rule, why in broken_rules.items()}


def invalid(
    job: str,
    broken_rules: Mapping[str, str],
    by_reference: Mapping[str, str],
    reference: Placement | None,
    candidate: Placement | None,
) -> Difference:
    """The difference of a job that breaks rules; says which of them the reference breaks too."""
    parts, rules = [], []
    both = _asked(by_reference)
    for rule, why in broken_rules.items():
        asserted = why.startswith("expected ")
        label = why if asserted else f"{rule}: {why}"
        rules.append(EXPECTED if asserted else rule)
        parts.append(f"{label} (the reference breaks it too)" if _asked({rule: why}) <= both else label)
    why, names = "; ".join(parts), tuple(dict.fromkeys(rules))
    return Difference(job, DifferenceClass.INVALID, why, reference, candidate, rules=names)
