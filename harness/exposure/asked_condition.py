"""When a departure happens, in words that a job's data and the site's configuration can answer, without a round."""

from __future__ import annotations

from dataclasses import dataclass, fields

from harness.compare.known.condition import Condition


@dataclass(frozen=True, slots=True)
class AskedCondition(Condition):
    """Words beside those of ``[known.when]`` (:data:`SHARED`); what is left out always holds.

    Of a job:

    :ivar all_types: patterns, each of which fits one of its types.
    :ivar top_level: patterns of the first level of a group. :ivar lower_level: of a level below another.
    :ivar alike_groups: bounds of the number of groups, in one alternative, that ask for one type of resource.
    :ivar walltime: bounds of the seconds of an alternative.
    :ivar checkpoint: whether it has one.
    :ivar state: patterns of a state it is or was in. :ivar event: of an event of it.
    :ivar around_waiting: patterns of the state of a resource of the cluster while it waited.
    :ivar around_running: the same while it ran.
    :ivar container: patterns of the state of its container while it waits, ``gone``, or ``other-queue``.
    :ivar margin: bounds of the seconds by which its container's walltime is longer than its own.
    :ivar overran: whether it ran on after its walltime.
    :ivar over_cap: whether its place among its user's waiting jobs is beyond SCHEDULER_FAIRSHARING_MAX_JOB_PER_USER.
    :ivar accepted: whether it is a reservation that was accepted before.
    :ivar quota: patterns of what binds it: ``any``, ``several``, ``hidden`` (a quota that names its queue, project or
        type and somebody else), ``later-type``, ``hours``.
    :ivar unlisted_level: whether it asks for a level that HIERARCHY_LABELS does not name.
    :ivar part_of_cluster: whether its condition leaves out resources.
    :ivar split_block: whether its condition fits a part of a block of the last level it asks for.
    :ivar null_level: whether a resource that its condition fits has no value of a level it asks for.

    Of the site:

    :ivar priorities: patterns of a queue and its priority, ``default=2``.
    :ivar upto: patterns of a resource's state and available_upto, ``Alive:0``.
    :ivar part_down: whether a part of a node is down.
    :ivar quotas: whether there are quotas.
    """

    all_types: tuple[str, ...] = ()
    top_level: tuple[str, ...] = ()
    lower_level: tuple[str, ...] = ()
    alike_groups: tuple[int, int] | None = None
    walltime: tuple[int, int] | None = None
    checkpoint: bool | None = None
    state: tuple[str, ...] = ()
    event: tuple[str, ...] = ()
    around_waiting: tuple[str, ...] = ()
    around_running: tuple[str, ...] = ()
    container: tuple[str, ...] = ()
    margin: tuple[int, int] | None = None
    overran: bool | None = None
    over_cap: bool | None = None
    accepted: bool | None = None
    quota: tuple[str, ...] = ()
    unlisted_level: bool | None = None
    part_of_cluster: bool | None = None
    split_block: bool | None = None
    null_level: bool | None = None
    priorities: tuple[str, ...] = ()
    upto: tuple[str, ...] = ()
    part_down: bool | None = None
    quotas: bool | None = None


SHARED_OF_A_JOB = (
    "queue",
    "type",
    "level",
    "properties",
    "reservation",
    "dependent",
    "moldables",
    "groups",
    "waits_for",
)
"""Fields of ``[known.when]`` about a job that its data answer."""

SHARED_OF_THE_SITE = ("candidate", "conf", "debian")
"""Fields of ``[known.when]`` about the case that the site's configuration answers."""

OF_THE_SITE = (*SHARED_OF_THE_SITE, "priorities", "quotas", "upto", "part_down")
"""All fields that ask something of the site."""

PASSING = ("upto", "part_down")
"""Those of them that hold today and not tomorrow: nodes go down, and come back."""

SHARED = (*SHARED_OF_A_JOB, *SHARED_OF_THE_SITE)

OF_A_JOB = (
    *SHARED_OF_A_JOB,
    *(field.name for field in fields(AskedCondition) if field.name not in Condition.__dataclass_fields__),
)
OF_A_JOB = tuple(name for name in OF_A_JOB if name not in OF_THE_SITE)
"""All fields that ask something of a job."""


def said(when: AskedCondition) -> tuple[str, ...]:
    """The fields in which a condition says something."""
    blank = AskedCondition()
    return tuple(field.name for field in fields(when) if getattr(when, field.name) != getattr(blank, field.name))


def is_of_jobs(when: AskedCondition) -> bool:
    """Whether it asks something of a job: else it holds for a whole site, or not."""
    return any(name in OF_A_JOB for name in said(when))
