"""OAR's database: how it is reached, and the few tables and columns of it that the harness reads or writes."""

from __future__ import annotations

from sqlalchemy import URL, Engine, column, create_engine, table

from harness.oar2 import postgres_timeouts


def _table(name: str, *columns: str):  # type: ignore[no-untyped-def]
    return table(name, *(column(c) for c in columns))


jobs = _table(
    "jobs",
    "job_id",
    "array_id",
    "array_index",
    "job_name",
    "state",
    "reservation",
    "message",
    "scheduler_info",
    "job_user",
    "project",
    "queue_name",
    "properties",
    "submission_time",
    "start_time",
    "stop_time",
    "assigned_moldable_job",
    "info_type",
)
moldables = _table("moldable_job_descriptions", "moldable_id", "moldable_job_id", "moldable_walltime")
groups = _table("job_resource_groups", "res_group_id", "res_group_moldable_id", "res_group_property")
levels = _table(
    "job_resource_descriptions", "res_job_group_id", "res_job_resource_type", "res_job_value", "res_job_order"
)
types = _table("job_types", "job_id", "type")
dependencies = _table("job_dependencies", "job_id", "job_id_required")
resources = _table(
    "resources", "resource_id", "type", "network_address", "state", "state_num", "available_upto", "cpuset"
)
predictions = _table("gantt_jobs_predictions_visu", "moldable_job_id", "start_time")
predicted_resources = _table("gantt_jobs_resources_visu", "moldable_job_id", "resource_id")
assigned_resources = _table("assigned_resources", "moldable_job_id", "resource_id")
events = _table("event_logs", "type", "job_id")
fragged = _table("frag_jobs", "frag_id_job")
queues = _table("queues", "queue_name", "priority", "scheduler_policy", "state")


def connect(port: int, password: str, *, name: str = "oar", user: str = "oar") -> Engine:
    """An SQLAlchemy engine for a lane's database on 127.0.0.1; its limits: :mod:`harness.oar2.postgres_timeouts`."""
    postgres_timeouts.install()
    return create_engine(
        URL.create("postgresql+psycopg2", user, password, "127.0.0.1", port, name),
        pool_pre_ping=False,
        connect_args={"application_name": "oar-compat"},
    )
