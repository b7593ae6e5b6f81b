"""What a generated scenario may be made of: each can be left out by its name."""

from __future__ import annotations

from enum import StrEnum


class Feature(StrEnum):
    """A feature of a scenario that bears on planning; its value is what a user types after ``--without``.

    :ivar meaning: one line for a list of them.
    """

    meaning: str

    def __new__(cls, name: str, meaning: str) -> Feature:
        made = str.__new__(cls, name)
        made._value_ = name
        made.meaning = meaning
        return made

    HIERARCHY = "hierarchy", "requests over several levels (/nodes=2/cpu=1), and a level above the nodes"
    UNEVEN = "uneven", "nodes of several sizes"
    PROPERTIES = "properties", "properties of resources, NULL among them, and conditions on them (-p, {…})"
    LICENCES = "licences", "resources of another type, on no node, and jobs that hold them"
    DOWN = "down", "resources that are Absent, Suspected or Dead"
    MOLDABLE = "moldable", "jobs with several alternatives (-l … -l …)"
    GROUPS = "groups", "requests of several groups (-l a+b)"
    BEST = "best", "counts ALL, BEST and BESTHALF"
    IMPOSSIBLE = "impossible", "requests for more than the cluster has"
    BESTEFFORT = "besteffort", "best-effort jobs, and nodes that take none"
    TIMESHARING = "timesharing", "jobs that share resources (-t timesharing=…)"
    CONTAINER = "container", "containers and the jobs in them (-t container, -t inner=…)"
    PLACEHOLDER = "placeholder", "placeholders and the jobs allowed on them"
    DEPLOY = "deploy", "deploy jobs, which take whole nodes that can be deployed"
    COSYSTEM = "cosystem", "cosystem jobs"
    PERMISSIVE = "permissive", "jobs that also take resources which are down (-t state=permissive)"
    DEPENDENCIES = "dependencies", "jobs that wait for others (-a)"
    ARRAYS = "arrays", "arrays of jobs (--array)"
    RESERVATIONS = "reservations", "advance reservations to be decided on (-r)"
    ACCEPTED = "accepted", "advance reservations that were accepted before"
    RUNNING = "running", "jobs that run already"
    HOLD = "hold", "jobs on hold (--hold)"
    POSTPONE = "postpone", "jobs that may not start before a date"
    DEADLINE = "deadline", "jobs that have to end by a date"
    EXPIRE = "expire", "jobs that may not start after a date"
    QUEUES = "queues", "further queues (-q), two of the same priority among them"
    USERS = "users", "more than one user"
    PROJECTS = "projects", "projects (--project)"
    NAMES = "names", "job names (-n)"
    CONF = "conf", "keys of oar.conf that change scheduling"
    QUOTAS = "quotas", "quotas on resources, jobs and hours, by queue, project, type and user"


def parse_features(names: str) -> frozenset[Feature]:
    """Features from names with commas between; raises ValueError, whose text is the name that is none."""
    known = {feature.value: feature for feature in Feature}
    found = set()
    for name in filter(None, (each.strip() for each in names.split(","))):
        if name not in known:
            raise ValueError(name)
        found.add(known[name])
    return frozenset(found)


def title_of(features: frozenset[Feature]) -> str:
    """The title of a scenario made of those features."""
    return "fuzz: " + (", ".join(each for each in Feature if each in features) or "plain jobs")
