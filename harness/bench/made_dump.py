"""A dump that is made for measuring: plain, and the same in the custom format."""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_HEAD = (
    "--\n-- PostgreSQL database dump\n--\n\nSET client_encoding = 'UTF8';\nSET standard_conforming_strings = on;\n\n"
)
_FOOT = "--\n-- PostgreSQL database dump complete\n--\n\n"
_BEGIN = 1_700_000_000
_NATIVE = "oar_sched_gantt_with_timesharing_and_fairsharing_and_quotas"
_JOB = (
    "job_id array_id array_index initial_request job_name job_env job_type info_type state reservation message"
    " scheduler_info job_user project job_group command exit_code queue_name properties launching_directory"
    " submission_time start_time stop_time file_id accounted notify assigned_moldable_job checkpoint"
    " checkpoint_signal stdout_file stderr_file resubmit_job_id suspended"
)
_RESOURCE = (
    "resource_id type network_address state next_state finaud_decision next_finaud_decision state_num suspended_jobs"
    " scheduler_priority cpuset besteffort deploy expiry_date desktop_computing last_job_date available_upto"
    " last_available_upto drain cpu core host cluster switch mem gpu_model"
)
_NUMBERS = ("cpu", "core", "mem")
_TOGETHER = 5000


@dataclass(frozen=True, slots=True)
class MadeTable:
    """A table: its columns, and its rows in COPY's text."""

    name: str
    columns: tuple[str, ...]
    rows: Iterable[str]

    @property
    def copy(self) -> str:
        """The statement before its rows."""
        return f"COPY public.{self.name} ({', '.join(self.columns)}) FROM stdin;\n"

    @property
    def create(self) -> str:
        """The statement that makes it."""
        kinds = (f"    {name} {'integer' if name in _NUMBERS else 'varchar(255)'}" for name in self.columns)
        return f"CREATE TABLE public.{self.name} (\n" + ",\n".join(kinds) + "\n);\n"


def made_tables(jobs: int, resources: int) -> tuple[MadeTable, ...]:
    """The tables of a server with so many jobs that ended; the same figures give the same rows."""
    choose = random.Random(1)
    users = [f"user{n}" for n in range(400)]
    projects = [f"project{n}" for n in range(60)]
    described = "res_job_group_id res_job_resource_type res_job_value res_job_order res_job_index"
    grouped = "res_group_id res_group_moldable_id res_group_property res_group_index"
    tables: tuple[tuple[str, str, Iterable[str]], ...] = (
        ("assigned_resources", "moldable_job_id resource_id assigned_resource_index", _assigned(jobs, resources)),
        ("challenges", "job_id challenge ssh_private_key ssh_public_key", _challenges(jobs, choose)),
        ("job_resource_descriptions", described, _descriptions(jobs)),
        ("job_resource_groups", grouped, _groups(jobs)),
        ("job_state_logs", "job_state_log_id job_id job_state date_start date_stop", _states(jobs)),
        ("job_types", "job_type_id job_id type types_index", _types(jobs)),
        ("jobs", _JOB, _jobs(jobs, users, projects, choose)),
        (
            "moldable_job_descriptions",
            "moldable_id moldable_job_id moldable_walltime moldable_index",
            _moldables(jobs),
        ),
        ("queues", "queue_name priority scheduler_policy state", [f"default\t2\t{_NATIVE}\tActive\n"]),
        ("resources", _RESOURCE, _resources(resources)),
        ("schema", "version name", ["2.5.10\t\n"]),
    )
    return tuple(MadeTable(name, tuple(columns.split()), rows) for name, columns, rows in tables)


def write_plain(path: Path, tables: Iterable[MadeTable]) -> None:
    """As ``pg_dump`` writes it."""
    tables = tuple(tables)
    with path.open("w", encoding="utf-8", buffering=1 << 20) as file:
        file.write(_HEAD + "\n".join(table.create for table in tables) + "\n")
        for table in tables:
            file.write(table.copy)
            file.writelines(table.rows)
            file.write("\\.\n\n\n")
        file.write(_FOOT)


def write_custom(path: Path, tables: Iterable[MadeTable]) -> None:
    """As ``pg_dump -Fc`` of PostgreSQL 15 writes it into a pipe: version 1.14, no places of the data."""
    tables = tuple(tables)
    entries = [(n, table.name, "TABLE", table.create, "") for n, table in enumerate(tables, 1)]
    entries += [(n + 1000, table.name, "TABLE DATA", "", table.copy) for n, table in enumerate(tables, 1)]
    with path.open("wb", buffering=1 << 20) as file:
        file.write(b"PGDMP" + bytes([1, 14, 0, 4, 8, 1]) + _int(-1))
        file.write(b"".join(map(_int, (0, 0, 12, 1, 11, 126, 0))) + _str("oar") + _str("15.3") + _str("15.3"))
        file.write(_int(len(entries)))
        for number, tag, kind, definition, copy in entries:
            data = kind == "TABLE DATA"
            file.write(
                _int(number) + _int(data) + _str("0") + _str("0") + _str(tag) + _str(kind) + _int(3 if data else 2)
            )
            file.write(_str(definition) + _str("") + _str(copy) + _str("public") + _str("") + _str("heap"))
            file.write(_str("oar") + _str("false") + (_str(str(number - 1000)) if data else b"") + _int(-1))
            file.write(bytes([1 if data else 3]) + bytes(8))
        for number, table in enumerate(tables, 1001):
            file.write(b"\x01" + _int(number))
            _pack(file, table.rows)
            file.write(_int(0))


def _pack(file: BinaryIO, rows: Iterable[str]) -> None:
    packer = zlib.compressobj(1)

    def write(piece: bytes) -> None:
        if piece:
            file.write(_int(len(piece)) + piece)

    together: list[str] = []
    for row in rows:
        together.append(row)
        if len(together) == _TOGETHER:
            write(packer.compress("".join(together).encode()))
            together.clear()
    write(packer.compress("".join(together).encode() + b"\\.\n\n\n"))
    write(packer.flush())


def _int(value: int) -> bytes:
    return bytes([value < 0]) + abs(value).to_bytes(4, "little")


def _str(value: str) -> bytes:
    return _int(len(value.encode())) + value.encode()


def _jobs(count: int, users: list[str], projects: list[str], choose: random.Random) -> Iterator[str]:
    for n in range(1, count + 1):
        user, at = choose.choice(users), _BEGIN + 30 * n
        env = "HOME=/home/u\\nPATH=/usr/bin:/bin\\nLANG=C.UTF-8\\nSHELL=/bin/bash"
        yield (
            f"{n}\t{n}\t1\toarsub -l /host=1/core=4,walltime=2:0:0 -p cluster='c{n % 7}' ./run.sh {n}"
            f"\tjob{n % 5000}\t{env}"
            f"\tPASSIVE\tfrontend:40000\tTerminated\tNone\tR=4,W=2:0:0,J=B,P=x (Karma=0.125,quota_ok)\t\t{user}"
            f"\t{choose.choice(projects)}\t\t./run.sh --input /data/{user}/set{n}.dat\t0\tdefault"
            f"\t(cluster = 'c{n % 7}' AND desktop_computing = 'NO') AND drain='NO'\t/home/{user}/work{n % 300}"
            f"\t{at}\t{at + 60}\t{at + 3660}\t\\N\tYES\t\\N\t{n}\t0\t12\tOAR.{n}.stdout\tOAR.{n}.stderr\t0\tNO\n"
        )


def _moldables(count: int) -> Iterator[str]:
    return (f"{n}\t{n}\t7200\tLOG\n" for n in range(1, count + 1))


def _groups(count: int) -> Iterator[str]:
    return (f"{n}\t{n}\ttype = 'default'\tLOG\n" for n in range(1, count + 1))


def _descriptions(count: int) -> Iterator[str]:
    return (f"{n}\thost\t1\t0\tLOG\n{n}\tcore\t4\t1\tLOG\n" for n in range(1, count + 1))


def _types(count: int) -> Iterator[str]:
    return (f"{n}\t{n}\t{'besteffort' if n % 3 else 'container'}\tLOG\n" for n in range(1, count + 1))


def _states(count: int) -> Iterator[str]:
    for n in range(1, count + 1):
        at = _BEGIN + 30 * n
        for place, state in enumerate(("Waiting", "toLaunch", "Launching", "Running", "Terminated"), 5 * n):
            yield f"{place}\t{n}\t{state}\t{at}\t{at + 60}\n"


def _assigned(count: int, resources: int) -> Iterator[str]:
    for n in range(1, count + 1):
        first = n * 4 % resources
        yield "".join(f"{n}\t{first + more + 1}\tLOG\n" for more in range(4))


def _challenges(count: int, choose: random.Random) -> Iterator[str]:
    return (f"{n}\t{choose.randrange(10**12)}\t\t\n" for n in range(1, count + 1))


def _resources(count: int) -> Iterator[str]:
    for n in range(1, count + 1):
        host = (n - 1) // 32 + 1
        yield (
            f"{n}\tdefault\tnode{host}.site\tAlive\tUnChanged\tNO\tNO\t1\tNO\t0\t{(n - 1) % 32}\tYES\tNO\t0\tNO\t0"
            f"\t2147483647\t0\tNO\t{(n - 1) // 16 + 1}\t{n}\tnode{host}.site\tc{host % 7}\tsw{host // 40}\t256\t\\N\n"
        )
