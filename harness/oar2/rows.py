"""A workload as rows, in bulk: what ``oarsub`` leaves of each line, a hundred times faster.

After ``OAR::IO::add_micheline_job`` and the two functions it calls, ``add_micheline_subjob`` for ordinary jobs and
``add_micheline_simple_array_job_non_contiguous`` for arrays (OAR 2.6.1). ``tests/oar2/test_rows.py`` compares every
row of every table with those of the installed ``oarsub``.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from harness.model.debian import DebianRelease, by_schema
from harness.model.job import Level
from harness.model.schedule import Fate
from harness.oar2.bulk_insert import Bulk
from harness.oar2.database_clock import ZONE
from harness.oar2.resource_estimate import Estimator
from harness.oar2.scenario_setup import job_ids, refusal, refusal_of
from harness.oarsub.admission import RESERVATIONS, admit
from harness.oarsub.job_row import COLUMNS, job_row, lasting, simple_array
from harness.oarsub.request import JobRequest, read_request
from harness.oarsub.row_options import NotInRows
from harness.oarsub.submission import with_dependencies, with_reservation
from harness.workload.admission_rules import are_usual
from harness.workload.scenario import Scenario, ScenarioJob

CONF = {
    "OARSUB_DEFAULT_RESOURCES": "/resource_id=1",
    "OARSUB_NODES_RESOURCES": "network_address",
}
"""What Debian's ``oar.conf`` says of reading ``-l``."""

_UNUSUAL = ("OARSUB_FORCE_JOB_KEY", "OARSUB_STORE_ADM_RULES_OUTPUTS")
_ENDS = {
    "jobs_job_id_seq": "jobs",
    "moldable_job_descriptions_moldable_id_seq": "moldables",
    "job_resource_groups_res_group_id_seq": "groups",
}


@dataclass(frozen=True, slots=True)
class Laid:
    """What became of the lines.

    :ivar names: the jobs' names in the workload by their ids.
    :ivar refused: fates of those that ``oarsub`` would have refused, by name.
    """

    names: Mapping[int, str]
    refused: Mapping[str, Fate]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A line with the ids that its jobs get."""

    job: ScenarioJob
    ids: range
    request: JobRequest


def lay_rows(connection: Connection, scenario: Scenario, epoch: int, conf: Mapping[str, str] | None = None) -> Laid:
    """Insert the scenario's jobs as ``oarsub`` would, each at its ``at`` after ``epoch``; all as yet waiting.

    The database holds the scenario's resources and queues, and no job that its jobs name. Raises NotInRows where a
    line, or the configuration, is one that only ``oarsub`` can turn into rows; the transaction is then to be rolled
    back.

    :param epoch: when the scenario begins, epoch seconds.
    :param conf: oar.conf; Debian's with the scenario's own keys where it is left out.
    """
    conf = {**CONF, **scenario.conf} if conf is None else conf
    if unusual := next((key for key in _UNUSUAL if conf.get(key, "no").lower() != "no"), None):
        raise NotInRows(f"{unusual} is set")
    if scenario.admission or not (scenario.rules is None or are_usual(scenario.rules)):
        raise NotInRows("the scenario has admission rules of its own")
    cursor: Any = connection.connection.cursor()
    next_ids, queues, version = _state(cursor)
    release = by_schema(version)
    if release is None:
        raise NotInRows(f"the schema {version} of the database")
    refused: dict[str, Fate] = {}
    lines = _read(scenario, epoch, conf, next_ids["jobs"], refused)
    estimator = Estimator(
        cursor, [(each, line.request.properties) for line in lines for each in line.request.alternatives]
    )
    for line in lines:
        if not all(estimator.count(each, line.request.properties) for each in line.request.alternatives):
            refused |= refusal(line.job, release.too_few)
    if refused:
        lines = _read(scenario, epoch, conf, next_ids["jobs"], refused)
    _check(lines, queues, release)
    bulk = Bulk(cursor)
    _insert(bulk, lines, estimator, epoch, next_ids)
    bulk.send()
    return Laid({id: name for line in lines for id, name in zip(line.ids, line.job.names, strict=True)}, refused)


def _state(cursor: Any) -> tuple[dict[str, int], frozenset[str], str]:
    """The ids that come next, the queues there are, and the version of the schema."""
    ends = ", ".join(f"(SELECT last_value + is_called::int FROM {sequence})" for sequence in _ENDS)
    cursor.execute(f"SELECT {ends}, (SELECT array_agg(queue_name::text) FROM queues), (SELECT version FROM schema)")
    *ids, queues, version = cursor.fetchone()
    return dict(zip(_ENDS.values(), ids, strict=True)), frozenset(queues), version


def _read(
    scenario: Scenario, epoch: int, conf: Mapping[str, str], first: int, refused: dict[str, Fate]
) -> list[_Asked]:
    """The lines that are not refused; those that need a refused one are added to ``refused``."""
    names: dict[int, str] = {}
    lines = []
    for job in scenario.jobs:
        if job.name in refused or job.names[0] in refused:
            continue
        if lost := refusal_of(job, refused):
            refused |= refusal(job, lost)
            continue
        argv = with_dependencies(job.submission.argv, job_ids(names))
        argv = with_reservation(argv, epoch + job.at, ZONE)
        request = admit(read_request(argv, conf), job.user)
        ids = range(first + len(names), first + len(names) + request.array)
        names |= dict(zip(ids, job.names, strict=True))
        lines.append(_Asked(job, ids, request))
    return lines


def _check(lines: Sequence[_Asked], queues: frozenset[str], release: DebianRelease) -> None:
    """What the rules 8 and 12 say, that the queues exist, and that this ``oarsub`` knows the options."""
    waiting: Counter[str] = Counter()
    reserved: set[int] = set()
    for line in lines:
        request = line.request
        if request.queue not in queues:
            raise NotInRows(f"there is no queue {request.queue}")
        ends = request.verbose or (request.reservation and request.reservation.stop is not None)
        if ends and not release.oarsub_ends:
            raise NotInRows(f"-v, or -r with an end, which oarsub {release.oar2} does not know")
        if request.reservation is None:
            continue
        if waiting[line.job.user] >= RESERVATIONS:
            raise NotInRows(f"{line.job.user} has {RESERVATIONS} reservations already (rule 12)")
        inner = [int(entry.removeprefix("inner=")) for entry in request.types if entry.startswith("inner=")]
        if inner and inner[-1] not in reserved:
            raise NotInRows("a reservation within a container that is none, which is refused (rule 8)")
        waiting[line.job.user] += request.array
        reserved.update(line.ids)


def _insert(
    bulk: Bulk, lines: Sequence[_Asked], estimator: Estimator, epoch: int, next_ids: Mapping[str, int]
) -> None:
    jobs: list[tuple[Any, ...]] = []
    moldables: list[tuple[int, int, int]] = []
    groups: list[tuple[int, int, str | None]] = []
    levels: list[tuple[int, str, int, int]] = []
    types: list[tuple[int, str]] = []
    dependencies: list[tuple[int, int]] = []
    states: list[tuple[int, str, int]] = []
    for line in lines:
        request = line.request
        resources = estimator.count(lasting(request), request.properties)
        row = job_row(request, line.job.user, resources, epoch + line.job.at)
        # OAR 2.6.1 loses the one dependency of an array: add_micheline_simple_array_job_non_contiguous asks for two.
        lost = simple_array(request) and len(request.after) == 1
        for index, job in enumerate(line.ids, 1):
            jobs.append((job, line.ids[0], index, *row))
            for alternative in request.alternatives:
                moldable = next_ids["moldables"] + len(moldables)
                moldables.append((moldable, job, alternative.walltime or 0))
                for group in alternative.groups:
                    place = next_ids["groups"] + len(groups)
                    groups.append((place, moldable, group.condition))
                    levels += _level_rows(place, group.levels)
            types += [(job, entry) for entry in request.types]
            if not lost:
                dependencies += [(job, other) for other in request.after]
            states.append((job, "Hold" if request.hold else "Waiting", epoch + line.job.at))
    challenges = [(job[0], str(random.randrange(10**12)), "", "") for job in jobs]
    bulk.insert("jobs", f"job_id,array_id,array_index,{COLUMNS}", jobs)
    bulk.insert("challenges", "job_id,challenge,ssh_private_key,ssh_public_key", challenges)
    bulk.insert("moldable_job_descriptions", "moldable_id,moldable_job_id,moldable_walltime", moldables)
    bulk.insert("job_resource_groups", "res_group_id,res_group_moldable_id,res_group_property", groups)
    bulk.insert(
        "job_resource_descriptions", "res_job_group_id,res_job_resource_type,res_job_value,res_job_order", levels
    )
    bulk.insert("job_types", "job_id,type", types)
    bulk.insert("job_dependencies", "job_id,job_id_required", dependencies)
    bulk.insert("job_state_logs", "job_id,job_state,date_start", states)
    if jobs:
        for sequence, last in zip(_ENDS, (jobs[-1][0], moldables[-1][0], groups[-1][0]), strict=True):
            bulk.add("SELECT setval(%s, %s)", (sequence, last))


def _level_rows(group: int, levels: Sequence[Level]) -> list[tuple[int, str, int, int]]:
    return [(group, level.property, level.count, order) for order, level in enumerate(levels)]
