"""Judges one case: align, validate, classify, explain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from harness.compare import procedure_judge as procedures
from harness.compare.align import Aligned
from harness.compare.cause_removed import gone
from harness.compare.classify import classify
from harness.compare.comparability import procedure_without_grounds, refusals, without_grounds
from harness.compare.expect.answers import answers_differ
from harness.compare.judge_settings import JudgeSettings
from harness.compare.known.circumstances import Circumstances, circumstances, situation_of, why_crashed
from harness.compare.known.known_differences import explain
from harness.compare.moments import zone
from harness.compare.notes import conf_note, messages_note
from harness.compare.reference_noise import Range, again_of, answers_of, calibrated, noise_note
from harness.compare.rule_breaches import TIMELINES, Breaches, broken_rules, invalid
from harness.compare.third_opinion.opinions import Opinions
from harness.model.difference import COUNTED, Difference, DifferenceClass
from harness.model.opinion import Opinion
from harness.model.record import CaseRecord, Kind, Observation
from harness.model.result import CaseResult, Status
from harness.model.schedule import Schedule

_PLANS = (Kind.PLAN, Kind.FUZZ)


class CaseJudge:
    """Judges one case for any of its combinations; what the reference breaks is found once."""

    def __init__(self, record: CaseRecord, settings: JudgeSettings, environment: Mapping[str, Any]) -> None:
        self._record = record
        self._settings = settings
        self._environment = environment
        self._zone = zone(settings.time_zone)
        self._breaches = Breaches(record, self._zone)
        self._opinions: Opinions | None = None

    def judge(self, candidate: str) -> CaseResult:
        """The result for one combination; for the reference itself, what it breaks by itself."""
        record = self._record
        observation = record.observations.get(candidate)
        if observation is None:
            return self._result(candidate, Observation(candidate), Status.NOT_RUN, why="nothing was recorded of it")
        if observation.not_run:
            return self._result(candidate, observation, Status.NOT_RUN, why=observation.not_run)
        found = self._crashes(candidate, observation)
        if observation.procedure is not None:
            return self._procedure(candidate, observation, found)
        why, grounds = "", ""
        if observation.schedule is None:
            why = "" if found else "no schedule was recorded of it"
        elif candidate == record.reference or record.reference in record.not_applicable:
            found += self._alone(candidate, observation.schedule)
            grounds = self._without_grounds(observation, observation)
        else:
            reference = record.observations.get(record.reference)
            if reference is None or reference.not_run or reference.schedule is None:
                found += self._alone(candidate, observation.schedule)
                why = "nothing to compare it with: the reference has no schedule"
            elif reference.crashes:
                found += self._alone(candidate, observation.schedule)
                why = f"nothing to compare it with: the reference crashed ({why_crashed(reference.crashes[0])})"
            else:
                found += self._compared(candidate, observation.schedule, reference.schedule)
                grounds = self._without_grounds(reference, observation)
        found = self._explained(candidate, found)
        status = _status(found)
        if status in (Status.AGREES, Status.KNOWN):
            why = why or grounds
            status = Status.NOT_RUN if why else status
        result = self._result(candidate, observation, status, found, why)
        return replace(result, opinion=self._opinion(candidate, found))

    def _procedure(self, candidate: str, observation: Observation, found: list[Difference]) -> CaseResult:
        """Judged by itself: a procedure is compared with the server before it, not with a reference."""
        procedure = observation.procedure
        assert procedure is not None
        found += procedures.differences(procedure)
        if observation.schedule is not None:
            wrong = [d for d in self._alone(candidate, observation.schedule) if d.kind is DifferenceClass.INVALID]
            names = {d.job for d in wrong}
            found = [d for d in found if d.job not in names or d.kind is not DifferenceClass.IDENTICAL] + wrong
        found = self._explained(candidate, found)
        status, why = _status(found), procedure_without_grounds(procedure)
        if status not in (Status.AGREES, Status.KNOWN):
            why = ""
        result = self._result(candidate, observation, Status.NOT_RUN if why else status, found, why)
        return replace(result, notes=procedures.remarks(procedure), procedure=procedures.result(procedure))

    def circumstances(self, candidate: str) -> Circumstances:
        """Where its differences under a candidate were found."""
        return circumstances(self._record, candidate, self._environment, gone(self._record, candidate))

    @cached_property
    def _calibrated(self) -> tuple[int, str]:
        """The tolerance, and one line on what widened it."""
        record = self._record
        tolerance = record.tolerance if self._settings.tolerance is None else self._settings.tolerance
        if record.kind not in TIMELINES or not record.repeats:
            return tolerance, ""
        widened, job = calibrated(answers_of(record), tolerance)
        why = f"two servers of the reference start {job} {widened} s apart: the tolerance here, for {tolerance} s"
        return widened, why if job else ""

    @cached_property
    def _range(self) -> Range:
        """What the reference answered."""
        return Range(answers_of(self._record), self._calibrated[0], self._zone)

    def _crashes(self, candidate: str, observation: Observation) -> list[Difference]:
        """A difference for each crash; one that the reference has too is shared."""
        reference = self._record.observations.get(self._record.reference)
        others = reference.crashes if reference and candidate != self._record.reference else ()
        both = {(crash.program, crash.how) for crash in others}
        return [
            Difference("", DifferenceClass.CRASH, why_crashed(each), shared=(each.program, each.how) in both)
            for each in observation.crashes
        ]

    def _without_grounds(self, reference: Observation, candidate: Observation) -> str:
        """Why two that differ in nothing do not agree all the same; empty if they do."""
        record = self._record
        if reference.schedule is None or candidate.schedule is None:
            return ""
        here, there = (situation_of(record, seen.combination) for seen in (reference, candidate))
        aligned = Aligned(reference.schedule, candidate.schedule, here, there)
        return without_grounds(record, aligned, (reference.answers, candidate.answers))

    def _alone(self, combination: str, schedule: Schedule) -> list[Difference]:
        """A schedule that is compared with nothing: each job is invalid or identical to itself."""
        wrong = self._breaches.of(self._record.observations[combination])
        found = []
        for name in dict.fromkeys((*schedule.fates, *wrong)):
            fate = schedule.fates.get(name)
            place = fate.placement if fate else None
            reference = place if combination == self._record.reference else None
            if name in wrong:
                found.append(invalid(name, wrong[name], {}, reference, place))
            elif combination == self._record.reference:
                found.append(Difference(name, DifferenceClass.IDENTICAL, "the reference itself", place, place))
        return found

    def _compared(self, candidate: str, schedule: Schedule, reference: Schedule) -> list[Difference]:
        """Compared with the reference's first answer, as far as it leaves the range of all of them."""
        record, seen = self._record, self._record.observations
        situation = situation_of(record, candidate)
        aligned = Aligned(reference, schedule, situation_of(record, record.reference), situation)
        wrong, both = self._breaches.of(seen[candidate]), self._breaches.both
        found = self._range.excuse(
            classify(aligned, self._calibrated[0], self._zone), schedule, situation, again_of(record, candidate)
        )
        found += answers_differ(seen[record.reference].answers, seen[candidate].answers)
        named = {difference.job for difference in found}
        # An action, or a job that OAR was to submit itself, can be wrong without being in either schedule.
        found += [Difference(name, DifferenceClass.INVALID, "") for name in wrong if name not in named]
        return [broken_rules(d, wrong[d.job], both.get(d.job, {})) if d.job in wrong else d for d in found]

    def _explained(self, candidate: str, found: list[Difference]) -> list[Difference]:
        settings = self._settings
        if not settings.known:
            return found
        return explain(found, self.circumstances(candidate), settings.known, settings.today)

    def _result(
        self,
        candidate: str,
        observation: Observation,
        status: Status,
        found: Iterable[Difference] = (),
        why: str = "",
    ) -> CaseResult:
        found = tuple(found)
        counts = Counter(d.counted for d in found)
        return CaseResult(
            id=self._record.id,
            kind=self._record.kind,
            title=self._record.title,
            candidate=candidate,
            status=status,
            seconds=observation.seconds,
            differences=tuple(d for d in found if d.kind is not DifferenceClass.IDENTICAL),
            counts={name: counts[name] for name in COUNTED if counts[name]},
            artefacts=observation.artefacts,
            why=why,
            notes=self._notes(candidate),
            refused=refusals(observation.schedule, self._record.expect) if observation.schedule else (),
            alone=self._record.reference in self._record.not_applicable,
            unstable=self._unstable(candidate, observation),
            about_reference=self._about_reference(candidate, observation),
        )

    def _unstable(self, candidate: str, observation: Observation) -> tuple[str, ...]:
        record = self._record
        if candidate == record.reference or not record.repeats or not observation.schedule:
            return ()
        timeline = record.kind in TIMELINES
        return tuple(
            job
            for job, kinds in self._range.unstable.items()
            if not timeline or any(not kind.harmless for kind in kinds)
        )

    def _about_reference(self, candidate: str, observation: Observation) -> tuple[str, ...]:
        if candidate == self._record.reference or not self._record.repeats or not observation.schedule:
            return ()
        return tuple(filter(None, (noise_note(self._range), self._calibrated[1])))

    def _opinion(self, candidate: str, found: Iterable[Difference]) -> Opinion | None:
        """The third opinion on a plan that ended well on both sides, made from one situation."""
        record = self._record
        reference, observation = record.observations.get(record.reference), record.observations.get(candidate)
        if record.kind not in _PLANS or candidate == record.reference or not reference or not observation:
            return None
        if reference.crashes or observation.crashes or not reference.schedule or not observation.schedule:
            return None
        if all(difference.harmless for difference in found):
            return None
        situation = situation_of(record, record.reference)
        if situation != situation_of(record, candidate):
            return None
        if self._opinions is None:
            plans = {name: seen.schedulers for name, seen in record.observations.items()}
            self._opinions = Opinions(situation, record.reference, reference.schedule, plans)
        return self._opinions.of(candidate, observation.schedule, found)

    def _notes(self, candidate: str) -> tuple[str, ...]:
        record, observations = self._record, self._record.observations
        reference, observation = observations.get(record.reference), observations.get(candidate)
        crashed = conf_note(observation.crashes) if observation else ()
        if observation and observation.again:
            crashed += (f"observed on a second server, as the first was lost: {observation.again}",)
        if reason := record.not_applicable.get(record.reference):
            return (f"compared with nothing, as it is not for the reference ({reason}): judged by itself", *crashed)
        if not (reference and reference.schedule and observation and observation.schedule):
            return crashed
        note = messages_note(reference.schedule, observation.schedule)
        return ((note,) if note else ()) + self._about_reference(candidate, observation) + crashed


def _status(found: Iterable[Difference]) -> Status:
    """The worst that is not explained; ``known`` if only explained ones are left, ``agrees`` if none counts."""
    counting = [d for d in found if not d.harmless]
    unexplained = {d.kind for d in counting if d.known is None}
    if DifferenceClass.CRASH in unexplained:
        return Status.CRASH
    if DifferenceClass.INVALID in unexplained:
        return Status.INVALID
    if unexplained:
        return Status.DIFFERS
    return Status.KNOWN if counting else Status.AGREES
