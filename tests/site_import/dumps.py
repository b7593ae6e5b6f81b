"""Dumps for tests: of a made-up server, in the form that pg_dump gives them."""

from __future__ import annotations

import zlib
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


def custom(
    content: Mapping[str, Rows],
    *,
    version: tuple[int, int] = (1, 14),
    places: bool = True,
    packed: bool = True,
    encoding: str = "UTF8",
) -> bytes:
    """A dump in the custom format: its head, its table of contents, then each table's data.

    :param places: whether it says where the data of each table begins, as no pipe can.
    """
    text = plain(content).decode()
    parts = text.split("CREATE TABLE public.")[1:]
    definitions = {part.split(" ", 1)[0]: "CREATE TABLE public." + part.split(";")[0] + ";\n" for part in parts}
    entries: list[tuple[int, str, str, str, str, bytes | None]] = []
    entries.append((9999, "ENCODING", "ENCODING", f"SET client_encoding = '{encoding}';\n", "", None))
    for number, (table, rows) in enumerate(sorted(content.items()), 1):
        entries.append((number, table, "TABLE", definitions[table], "", None))
        names = ", ".join(map(_name, rows[0]))
        data = b"".join(encode_row(row.values()) for row in rows) + b"\\.\n\n\n"
        copy = f"COPY public.{table} ({names}) FROM stdin;\n"
        entries.append((number + 1000, table, "TABLE DATA", "", copy, data))
    bodies = {entry[0]: _body(entry[0], entry[5], packed) for entry in entries if entry[5] is not None}
    size = len(_contents(entries, {}, version, packed))
    where: dict[int, int] = {}
    for number, body in bodies.items():
        where[number] = size
        size += len(body)
    return _contents(entries, where if places else {}, version, packed) + b"".join(bodies.values())


def _int(value: int) -> bytes:
    return bytes([value < 0]) + abs(value).to_bytes(4, "little")


def _str(value: str | None) -> bytes:
    return _int(-1) if value is None else _int(len(value.encode())) + value.encode()


def _body(number: int, data: bytes, packed: bool) -> bytes:
    stream = zlib.compress(data) if packed else data
    pieces = [stream[at : at + 50] for at in range(0, len(stream), 50)]
    return b"\x01" + _int(number) + b"".join(_int(len(piece)) + piece for piece in pieces) + _int(0)


def _contents(
    entries: Sequence[tuple[int, str, str, str, str, bytes | None]],
    where: Mapping[int, int],
    version: tuple[int, int],
    packed: bool,
) -> bytes:
    head = b"PGDMP" + bytes([*version, 0, 4, 8, 1])
    head += bytes([packed]) if version >= (1, 15) else _int(-1 if packed else 0)
    head += b"".join(map(_int, (0, 0, 12, 1, 11, 126, 0))) + _str("oar") + _str("15.3") + _str("15.3")
    head += _int(len(entries))
    for number, tag, kind, definition, copy, data in entries:
        head += _int(number) + _int(data is not None) + _str("0") + _str("0") + _str(tag) + _str(kind) + _int(3)
        head += _str(definition) + _str("") + _str(copy) + _str("public") + _str("")
        head += _str("heap") if version >= (1, 14) else b""
        head += _int(0) if version >= (1, 16) else b""
        head += _str("oar") + _str("false") + _str("1") + _str(None)
        place = where.get(number, 0)
        head += bytes([2 if place else 1 if data is not None else 3]) + place.to_bytes(8, "little")
    return head
