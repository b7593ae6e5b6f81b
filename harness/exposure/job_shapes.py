"""Jobs of which all conditions say the same: each such shape is asked once, however many jobs are of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from harness.exposure.asked_condition import is_of_jobs
from harness.exposure.asked_job import AskedJob
from harness.exposure.departure_conditions import Conditioned
from harness.exposure.exposed_site import ExposedSite
from harness.exposure.holding import Answer, fits_column, question, refusals
from harness.exposure.paged_numbers import Distinct
from harness.exposure.quota_words import QuotaWords
from harness.exposure.request_facts import RequestFacts, is_unlisted
from harness.exposure.request_history import RequestHistory
from harness.exposure.resource_facts import ResourceFacts
from harness.model.job import Job
from harness.site_import.copy_text import decode

Question = Callable[[AskedJob], Answer]

_ANOTHER = ("another",)
_LABELS = "HIERARCHY_LABELS"


class JobShape(NamedTuple):
    """What of a job conditions may ask.

    :ivar request, kinds: numbers of its request and of its list of types.
    :ivar queue, properties: as the table has them. :ivar user, project: if a quota names them, else empty.
    """

    request: int
    kinds: int
    queue: bytes
    properties: bytes
    reserved: bool
    dependent: bool
    waits_for: frozenset[str]
    container: frozenset[str]
    margin: int | None
    overran: bool
    checkpoint: bool
    around_waiting: frozenset[str]
    around_running: frozenset[str]
    states: tuple[str, ...]
    events: frozenset[str]
    over_cap: bool
    user: str
    project: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A departure with those of its conditions that may hold here.

    :ivar when: those of which the site does not rule out a word. :ivar unsure: those of which a word about the site
        cannot be told.
    :ivar queues: the queues in which a column does it.
    """

    entry: Conditioned
    when: tuple[Question, ...]
    unsure: tuple[Question, ...]
    queues: frozenset[str]


class Shapes:
    """The shapes of a site's jobs, and the departures of which a condition holds of each.

    :ivar asked: the departures; what is said of a shape names them by their places here.
    :ivar words: what the jobs of each shape ask for, in one line.
    """

    def __init__(self, site: ExposedSite, entries: Sequence[Conditioned], requests: RequestHistory) -> None:
        self.asked = list(_askable(site, entries))
        self.words: list[str] = []
        self.quotas = QuotaWords(site.quotas)
        self._site = site
        self._requests = requests
        self._facts = ResourceFacts(site.cluster.resources)
        self._numbers: dict[JobShape, int] = {}
        self._answers: list[int] = []
        self._masks: Distinct[tuple[tuple[int, ...], tuple[int, ...]]] = Distinct()
        self._masks.number(((), ()))

    def __len__(self) -> int:
        return len(self._numbers)

    def number(self, shape: JobShape) -> int:
        """The number of a shape."""
        found = self._numbers.get(shape)
        if found is None:
            found = self._numbers[shape] = len(self._answers)
            self._ask(shape)
        return found

    def answer(self, number: int) -> int:
        """The number of what holds of a shape; 0: nothing does."""
        return self._answers[number]

    def holding(self, answer: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The departures of which a condition holds, and those of which that cannot be told."""
        return self._masks.values[answer]

    def _ask(self, shape: JobShape) -> None:
        types = self._requests.types(shape.kinds)
        job = Job(
            "",
            0,
            shape.user,
            shape.project,
            decode(shape.queue) or "",
            0,
            0 if shape.reserved else None,
            types,
            _ANOTHER if shape.dependent else (),
            self._requests.moldables(shape.request, decode(shape.properties) or ""),
        )
        job_asked = AskedJob(
            job,
            waits_for=shape.waits_for,
            states=frozenset(shape.states),
            events=shape.events,
            around_waiting=shape.around_waiting,
            around_running=shape.around_running,
            container=shape.container,
            margin=shape.margin,
            checkpoint=shape.checkpoint,
            overran=shape.overran,
            over_cap=shape.over_cap,
            quota=self.quotas.words(job.queue, job.project, types, job.user),
            unlisted=None if _LABELS in self._site.here.unknown else is_unlisted(job, self._site.labels),
            facts=RequestFacts(job, self._facts),
        )
        hit, unsure = [], []
        for place, each in enumerate(self.asked):
            answer = _holds(each, job_asked) if job.queue in each.queues else False
            if answer:
                hit.append(place)
            elif answer is None:
                unsure.append(place)
        self._answers.append(self._masks.number((tuple(hit), tuple(unsure))))
        self.words.append(_words(job))


def _holds(each: Asked, job: AskedJob) -> Answer:
    answers = {when(job) for when in each.when}
    if True in answers:
        return True
    answers |= {when(job) for when in each.unsure}
    return None if answers & {True, None} else False


def _askable(site: ExposedSite, entries: Sequence[Conditioned]) -> Iterator[Asked]:
    for entry in entries:
        of_jobs = [when for when in entry.when if is_of_jobs(when)]
        answers = [{each.answer for each in refusals(when, site.here)} for when in of_jobs]
        when = tuple(question(each) for each, found in zip(of_jobs, answers, strict=True) if not found)
        unsure = tuple(question(each) for each, found in zip(of_jobs, answers, strict=True) if found == {None})
        queues = frozenset(
            queue
            for queue in site.here.queues
            if any(fits_column(entry.departure.candidates, column, [queue]) for column in site.here.columns)
        )
        if (when or unsure) and queues:
            yield Asked(entry, when, unsure, queues)


def _words(job: Job) -> str:
    """What a job asks for, in one line."""
    alternatives = [
        "+".join("/" + "/".join(map(str, group.levels)) for group in moldable.groups) for moldable in job.moldables
    ]
    types = "".join(f" -t {kind}" for kind in job.types)
    return f"-q {job.queue} -l " + " -l ".join(alternatives) + types + (" -r" if job.reservation is not None else "")
