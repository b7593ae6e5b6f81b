"""The allow-list: which columns of OAR's tables pass, and as what. What is not named here stays in production."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from harness.model.job import JOB_STATES


class As(Enum):
    """How the values of a column pass."""

    NUMBER = "number"
    WORD = "word"
    """One of the words that OAR knows there, :data:`WORDS`."""
    EVENT = "event"
    """A type of event: capitals and ``_``."""
    FLAG = "flag"
    QUEUE = "queue"
    USER = "user"
    PROJECT = "project"
    NAME = "name"
    COMMAND = "command"
    FOLDER = "folder"
    HOST = "host"
    CONDITION = "condition"
    TYPE = "type"
    ATTRIBUTE = "attribute"
    VALUE = "value"


_CURRENT = ("CURRENT", "LOG")
WORDS: Mapping[str, tuple[str, ...]] = {
    "job_type": ("PASSIVE", "INTERACTIVE"),
    "state": JOB_STATES,
    "job_state": JOB_STATES,
    "reservation": ("None", "toSchedule", "Scheduled"),
    "consumption_type": ("ASKED", "USED"),
    "frag_state": ("LEON", "TIMER_ARMED", "LEON_EXTERMINATE", "FRAGGED"),
    "moldable_index": _CURRENT,
    "res_group_index": _CURRENT,
    "res_job_index": _CURRENT,
    "types_index": _CURRENT,
    "job_dependency_index": _CURRENT,
    "assigned_resource_index": _CURRENT,
}
"""The words of a column (OAR2, ``pg_structure.sql``)."""


@dataclass(frozen=True, slots=True)
class TableRule:
    """What of a table passes.

    :ivar columns: those that pass.
    :ivar left: those that do not, each with the reason.
    """

    columns: Mapping[str, As]
    left: Mapping[str, str]


_N, _W, _F = As.NUMBER, As.WORD, As.FLAG
_FREE = "free text, which may hold anything"
_GANTT = {"moldable_job_id": _N, "start_time": _N}
_GANTT_RESOURCES = {"moldable_job_id": _N, "resource_id": _N}


def _rule(columns: Mapping[str, As], left: Mapping[str, str] | None = None) -> TableRule:
    return TableRule(columns, left or {})


TABLES: Mapping[str, TableRule] = {
    "jobs": _rule(
        {
            "job_id": _N,
            "array_id": _N,
            "array_index": _N,
            "job_name": As.NAME,
            "job_type": _W,
            "state": _W,
            "reservation": _W,
            "job_user": As.USER,
            "project": As.PROJECT,
            "job_group": As.NAME,
            "command": As.COMMAND,
            "exit_code": _N,
            "queue_name": As.QUEUE,
            "properties": As.CONDITION,
            "launching_directory": As.FOLDER,
            "submission_time": _N,
            "start_time": _N,
            "stop_time": _N,
            "accounted": _F,
            "assigned_moldable_job": _N,
            "checkpoint": _N,
            "checkpoint_signal": _N,
            "resubmit_job_id": _N,
            "suspended": _F,
        },
        {
            "initial_request": "the line as it was typed; what it asked for stands in the other tables",
            "job_env": "variables of the user's environment, which may hold passwords",
            "info_type": "the host and port of the client of an interactive job",
            "message": _FREE + "; a lane's scheduler writes its own",
            "scheduler_info": _FREE + "; a lane's scheduler writes its own",
            "file_id": "files of desktop computing are not taken",
            "notify": "e-mail addresses and commands that a lane must not use",
            "stdout_file": "a path of a user",
            "stderr_file": "a path of a user",
            "last_karma": "the schedulers work it out anew",
        },
    ),
    "moldable_job_descriptions": _rule(
        {"moldable_id": _N, "moldable_job_id": _N, "moldable_walltime": _N, "moldable_index": _W}
    ),
    "job_resource_groups": _rule(
        {"res_group_id": _N, "res_group_moldable_id": _N, "res_group_property": As.CONDITION, "res_group_index": _W}
    ),
    "job_resource_descriptions": _rule(
        {
            "res_job_group_id": _N,
            "res_job_resource_type": As.ATTRIBUTE,
            "res_job_value": _N,
            "res_job_order": _N,
            "res_job_index": _W,
        }
    ),
    "job_types": _rule({"job_type_id": _N, "job_id": _N, "type": As.TYPE, "types_index": _W}),
    "job_dependencies": _rule(
        {
            "job_id": _N,
            "job_id_required": _N,
            "job_dependency_index": _W,
        }
    ),
    "job_state_logs": _rule(
        {"job_state_log_id": _N, "job_id": _N, "job_state": _W, "date_start": _N, "date_stop": _N}
    ),
    "assigned_resources": _rule({"moldable_job_id": _N, "resource_id": _N, "assigned_resource_index": _W}),
    "gantt_jobs_predictions": _rule(_GANTT),
    "gantt_jobs_predictions_visu": _rule(_GANTT),
    "gantt_jobs_resources": _rule(_GANTT_RESOURCES),
    "gantt_jobs_resources_visu": _rule(_GANTT_RESOURCES),
    "accounting": _rule(
        {
            "window_start": _N,
            "window_stop": _N,
            "accounting_user": As.USER,
            "accounting_project": As.PROJECT,
            "queue_name": As.QUEUE,
            "consumption_type": _W,
            "consumption": _N,
        }
    ),
    "frag_jobs": _rule({"frag_id_job": _N, "frag_date": _N, "frag_state": _W}),
    "event_logs": _rule(
        {"event_id": _N, "type": As.EVENT, "job_id": _N, "date": _N, "to_check": _F}, {"description": _FREE}
    ),
    "event_log_hostnames": _rule({"event_id": _N, "hostname": As.HOST}),
    "resource_logs": _rule(
        {
            "resource_log_id": _N,
            "resource_id": _N,
            "attribute": As.ATTRIBUTE,
            "value": As.VALUE,
            "date_start": _N,
            "date_stop": _N,
            "finaud_decision": _F,
        }
    ),
    "walltime_change": _rule(
        {
            "job_id": _N,
            "pending": _N,
            "force": _F,
            "delay_next_jobs": _F,
            "whole": _F,
            "granted": _N,
            "granted_with_force": _N,
            "granted_with_delay_next_jobs": _N,
            "granted_with_whole": _N,
            "timeout": _N,
        }
    ),
}
"""Tables that become files of the folder ``database``."""

SMALL = ("schema", "resources", "queues", "admission_rules")
"""Tables that are read first: conditions and rules are read with what they say."""

NOT_TAKEN: Mapping[str, str] = {
    "challenges": "keys and secrets of jobs never leave production",
    "files": "files of desktop computing are not taken",
    "scheduler": "OAR does not read it",
    "gantt_jobs_predictions_log": "what earlier rounds planned; OAR writes it for a look, and reads it nowhere",
    "gantt_jobs_resources_log": "what earlier rounds planned; OAR writes it for a look, and reads it nowhere",
}
"""Tables of OAR that do not pass, each with the reason."""

STAND_INS: Mapping[str, Mapping[str, str]] = {"jobs": {"launching_directory": "/", "checkpoint_signal": "12"}}
"""What stands in a lane where a column that must not be empty did not come along."""


def shown(table: str) -> str:
    """A table as reports name it: OAR's by their names, any other as one of its own, whose name may be a secret."""
    return f"the table {table}" if table in TABLES or table in SMALL or table in NOT_TAKEN else "a table of its own"
