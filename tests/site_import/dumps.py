"""Dumps for tests: of a made-up server, in the form that pg_dump gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.site_import.copy_text import encode_row

Rows = Sequence[Mapping[str, str | None]]

HEAD = """--
-- PostgreSQL database dump
--

\\restrict aB3

SET statement_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);

"""
FOOT = """
SELECT pg_catalog.setval('public.jobs_job_id_seq', 11, true);

--
-- PostgreSQL database dump complete
--

\\unrestrict aB3

"""
NUMBERS = ("cpu", "core", "mem")
NATIVE = "oar_sched_gantt_with_timesharing_and_fairsharing_and_quotas"


def resource(number: int, **more: str | None) -> dict[str, str | None]:
    """A row of ``resources``."""
    row: dict[str, str | None] = {
        "resource_id": str(number),
        "type": "default",
        "network_address": f"node{(number + 3) // 4}.site",
        "state": "Alive",
        "available_upto": "2147483647",
        "besteffort": "YES",
        "cpuset": "0",
        "cpu": str((number + 1) // 2),
        "core": str(number),
        "host": f"node{(number + 3) // 4}.site",
        "gpu": None,
    }
    return row | more


def job(number: int, **more: str | None) -> dict[str, str | None]:
    """A row of ``jobs``."""
    row: dict[str, str | None] = {
        "job_id": str(number),
        "array_id": str(number),
        "array_index": "1",
        "initial_request": "oarsub -l core=1 ./run",
        "job_name": None,
        "job_env": None,
        "job_type": "PASSIVE",
        "info_type": "frontend:4000",
        "state": "Terminated",
        "reservation": "None",
        "message": "R=1",
        "scheduler_info": "",
        "job_user": "alice",
        "project": "default",
        "job_group": "",
        "command": "./run",
        "exit_code": "0",
        "queue_name": "default",
        "properties": "desktop_computing = 'NO'",
        "launching_directory": "/home/alice",
        "submission_time": "1700000000",
        "start_time": "1700000010",
        "stop_time": "1700000100",
        "accounted": "YES",
        "notify": None,
        "assigned_moldable_job": str(number),
        "checkpoint": "0",
        "checkpoint_signal": "12",
        "stdout_file": "OAR.stdout",
        "stderr_file": "OAR.stderr",
        "resubmit_job_id": "0",
        "suspended": "NO",
    }
    return row | more


def children(number: int, condition: str = "type = 'default'", level: str = "core") -> dict[str, Rows]:
    """The rows below a job, each with the job's number as its own."""
    n = str(number)
    return {
        "moldable_job_descriptions": [
            {"moldable_id": n, "moldable_job_id": n, "moldable_walltime": "7200", "moldable_index": "LOG"}
        ],
        "job_resource_groups": [
            {"res_group_id": n, "res_group_moldable_id": n, "res_group_property": condition, "res_group_index": "LOG"}
        ],
        "job_resource_descriptions": [
            {
                "res_job_group_id": n,
                "res_job_resource_type": level,
                "res_job_value": "1",
                "res_job_order": "0",
                "res_job_index": "LOG",
            }
        ],
        "job_types": [{"job_type_id": n, "job_id": n, "type": "besteffort", "types_index": "LOG"}],
        "assigned_resources": [{"moldable_job_id": n, "resource_id": "1", "assigned_resource_index": "LOG"}],
    }


def tables(jobs: Rows = (), **more: Rows) -> dict[str, Rows]:
    """The tables of a small server."""
    found: dict[str, list[Mapping[str, str | None]]] = {
        "schema": [{"version": "2.5.10", "name": ""}],
        "queues": [
            {"queue_name": "default", "priority": "2", "scheduler_policy": NATIVE, "state": "Active"},
            {"queue_name": "night", "priority": "-3", "scheduler_policy": NATIVE, "state": "notActive"},
        ],
        "resources": [resource(number) for number in (1, 2, 5, 6, 9, 400)],
        "jobs": list(jobs),
    }
    for each in jobs:
        for table, rows in children(int(each["job_id"] or 0)).items():
            found.setdefault(table, []).extend(rows)
    return {**found, **more}


def plain(content: Mapping[str, Rows], *, inserts: bool = False, foot: str = FOOT, extra: str = "") -> bytes:
    """A plain dump, its tables in the order of their names, as pg_dump has them."""
    parts = [HEAD.encode()]
    for table, rows in sorted(content.items()):
        names = list(rows[0]) if rows else ["job_id"]
        kinds = ["integer" if name in NUMBERS else "character varying(255) DEFAULT ''::x NOT NULL" for name in names]
        body = ",\n".join(f"    {_name(name)} {kind}" for name, kind in zip(names, kinds, strict=True))
        parts.append(f"CREATE TABLE public.{table} (\n{body},\n    CONSTRAINT c CHECK ((1 = 1))\n);\n\n".encode())
    parts.append(extra.encode())
    for table, rows in sorted(content.items()):
        names = list(rows[0]) if rows else ["job_id"]
        columns = ", ".join(map(_name, names))
        if inserts:
            for row in rows:
                values = ", ".join("NULL" if row[n] is None else _quoted(row[n] or "") for n in names)
                parts.append(f"INSERT INTO public.{table} ({columns}) VALUES ({values});\n".encode())
            continue
        parts.append(f"COPY public.{table} ({columns}) FROM stdin;\n".encode())
        parts += [encode_row(row[name] for name in names) for row in rows]
        parts.append(b"\\.\n\n\n")
    parts.append(foot.encode())
    return b"".join(parts)


def _name(name: str) -> str:
    return name if name.isidentifier() and name.islower() else '"' + name.replace('"', '""') + '"'


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
