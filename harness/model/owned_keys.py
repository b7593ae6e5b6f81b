"""Keys of oar.conf that are not a site's to set here, each with the reason.

A verdict hangs on some keys without being about them: where the database is, where OAR logs. In a lane they have the
harness's own values. A scenario or a site that sets one is refused; if the oar.conf of a production server has
one, it is overridden and said so (:func:`take_over`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase


class Owner(StrEnum):
    """To whom a key belongs."""

    LANE = "lane"
    COLUMN = "column"
    MACHINE = "machine"


@dataclass(frozen=True, slots=True)
class OwnedKey:
    """Keys that belong to the harness, or to the production machine.

    :ivar pattern: a glob of their names.
    :ivar owner: LANE: nobody else may set it. COLUMN: the combination sets it; a site's own value names what it runs
        today, a scenario may not have one. MACHINE: it names a program, a file or a host of the machine that the
        oar.conf is from, which no lane has; a scenario may set it to one that there is.
    :ivar reason: why, as a clause.
    :ivar remedy: what to do instead.
    :ivar instead: the value that stands in for a production server's; None: the lane's own, or none.
    """

    pattern: str
    owner: Owner
    reason: str
    remedy: str = "remove it"
    instead: str | None = None


NOTHING = "/usr/bin/wc -l"
"""A command that reads the list of nodes it is given, as those of node managers do, and does nothing to them."""

_PATH = "it names a program or file of the machine that this oar.conf is from"

OWNED = (
    OwnedKey("DB_*", Owner.LANE, "each lane has a database of its own, with passwords of its own"),
    OwnedKey("REDIS_*", Owner.LANE, "a lane has no such server"),
    OwnedKey("SERVER_HOSTNAME", Owner.LANE, "launches go to the lane's own server"),
    OwnedKey("SERVER_PORT", Owner.LANE, "launches go to the lane's own server"),
    OwnedKey("APPENDICE_SERVER_PORT", Owner.LANE, "only OAR2's Almighty runs in a lane"),
    OwnedKey("BIPBIP_COMMANDER_*", Owner.LANE, "only OAR2's Almighty runs in a lane"),
    OwnedKey("GRETA_*", Owner.LANE, "only OAR2's Almighty runs in a lane"),
    OwnedKey("LOG_FILE", Owner.LANE, "rounds and crashes are looked for in the lane's own log"),
    OwnedKey("OARDIR", Owner.LANE, "OAR's programs are given it by their environment"),
    OwnedKey("OARCONFFILE", Owner.LANE, "OAR's programs are given it by their environment"),
    OwnedKey("OARDODO", Owner.LANE, "OAR's programs are installed where Debian puts them"),
    OwnedKey("OARDO_*", Owner.LANE, "OAR's programs are given it by their environment"),
    OwnedKey("OARUSER", Owner.LANE, "OAR's programs run as the user oar"),
    OwnedKey("OAR_RUNTIME_DIRECTORY", Owner.LANE, "the lane's server keeps its state where it was installed"),
    OwnedKey("OAR_SSH_AUTHORIZED_KEYS_FILE", Owner.LANE, "the lane's own keys lie where it was installed"),
    OwnedKey("OPENSSH_CMD", Owner.LANE, "a lane's nodes are reached by its own sshd, at its own port"),
    OwnedKey("CPUSET_PATH", Owner.LANE, "containers without privileges can make no cgroups"),
    OwnedKey("MAIL_*", Owner.LANE, "nothing is sent out of a lane"),
    OwnedKey(
        "META_SCHED_CMD",
        Owner.COLUMN,
        "each combination has a metascheduler of its own",
        "name combinations: by --combination, or by only in a scenario",
    ),
    OwnedKey(
        "METASCHEDULER_MODE",
        Owner.COLUMN,
        "it distinguishes kao from kao-external",
        "name combinations: by --combination, or by only in a scenario",
    ),
    OwnedKey(
        "METASCHEDULER_OAR3_WITH_OAR2",
        Owner.COLUMN,
        "kao is given it where it is put on OAR2",
        "name combinations: by --combination, or by only in a scenario",
    ),
    OwnedKey(
        "SCHEDULERS_PATH",
        Owner.COLUMN,
        "kao-external is given the lane's own folder of schedulers",
        "name schedulers in [[queue]], or in [[scheduler]] of site.toml",
    ),
    OwnedKey(
        "SCHEDULER_NODE_MANAGER_*_CMD",
        Owner.MACHINE,
        "what counts for a schedule is whether there is such a command; a lane's nodes are not switched on and off",
        instead=NOTHING,
    ),
    OwnedKey(
        "ENERGY_SAVING_NODE_MANAGER_*_CMD",
        Owner.MACHINE,
        "what counts for a schedule is whether there is such a command; a lane's nodes are not switched on and off",
        instead=NOTHING,
    ),
    OwnedKey("QUOTAS_CONF_FILE", Owner.MACHINE, _PATH, "give the quotas to the site: quotas = …, or [[quota]]"),
    OwnedKey("PRIORITY_CONF_FILE", Owner.MACHINE, _PATH),
    OwnedKey("SCHEDULER_TOKEN_SCRIPTS", Owner.MACHINE, "it names programs of the machine that this oar.conf is from"),
    OwnedKey("DEPLOY_HOSTNAME", Owner.MACHINE, "no lane has that host"),
    OwnedKey("COSYSTEM_HOSTNAME", Owner.MACHINE, "no lane has that host"),
    OwnedKey("JOB_RESOURCE_MANAGER_FILE", Owner.MACHINE, _PATH),
    OwnedKey("SUSPEND_RESUME_FILE*", Owner.MACHINE, _PATH),
    OwnedKey("OARMONITOR_SENSOR_FILE", Owner.MACHINE, _PATH),
    OwnedKey("MONITOR_FILE_SENSOR", Owner.MACHINE, _PATH),
    OwnedKey("*_EXEC_FILE", Owner.MACHINE, _PATH),
    OwnedKey("TAKTUK_CMD", Owner.MACHINE, _PATH),
    OwnedKey("GET_CURRENT_CPUSET_CMD", Owner.MACHINE, _PATH),
    OwnedKey("OARSH_OARSTAT_CMD", Owner.MACHINE, _PATH),
    OwnedKey("PINGCHECKER_*", Owner.MACHINE, "a lane's nodes are looked after in the lane's own way"),
    OwnedKey("ADMISSION_RULES_PATH", Owner.MACHINE, _PATH),
    OwnedKey("STAGE*_DIR", Owner.MACHINE, _PATH),
    OwnedKey("API_*", Owner.MACHINE, "a lane's REST API is that of its image"),
    OwnedKey("PROXY*", Owner.MACHINE, "a lane has no such server"),
    OwnedKey("HTPASSWD_FILE", Owner.MACHINE, _PATH),
)
"""All of them; the first pattern that fits a key counts."""

LOGGING = ("LOG_LEVEL", "LOG_CATEGORIES", "LOG_FORMAT")
"""How much OAR logs, and in what form. What a lane logs is looked at, so it logs in the harness's own way; whether
the programs live with a site's values is tried by itself."""


def owner_of(key: str) -> OwnedKey | None:
    """To whom a key belongs; None if it is a site's to set."""
    return next((each for each in OWNED if fnmatchcase(key, each.pattern)), None)


@dataclass(frozen=True, slots=True)
class Overridden:
    """A key of a production server that has another value in a lane.

    :ivar value: the production server's.
    :ivar instead: what stands in for it; None: the lane's own value, or none.
    :ivar reason: why, as a clause.
    """

    key: str
    value: str
    instead: str | None
    reason: str

    @property
    def note(self) -> str:
        """For reports. It does not contain the value, which may be a password."""
        stands = f"{self.instead!r} stands in for it" if self.instead else "the lane's own stands in for it"
        return f"{self.key} of the site's oar.conf is not taken over: {self.reason}; {stands}"


@dataclass(frozen=True, slots=True)
class TakenOver:
    """What becomes of a production server's oar.conf.

    :ivar kept: the keys that lanes get, stand-ins among them.
    :ivar overridden: the keys that have another value in a lane, or are left out.
    """

    kept: Mapping[str, str]
    overridden: tuple[Overridden, ...]


def take_over(production: Mapping[str, str]) -> TakenOver:
    """What of a production server's oar.conf holds in lanes; keys of the combination are kept, to name what runs."""
    kept: dict[str, str] = {}
    overridden = []
    for key, value in production.items():
        owned = owner_of(key)
        if owned is None or owned.owner is Owner.COLUMN:
            kept[key] = value
            continue
        # A command that is set to nothing is none: the stand-in would make it one.
        instead = owned.instead if value.strip() else None
        if instead is not None:
            kept[key] = instead
        overridden.append(Overridden(key, value, instead, owned.reason))
    return TakenOver(kept, tuple(overridden))
