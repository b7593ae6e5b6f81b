"""How long an import takes, and how much memory: of a plain dump of a million jobs that is made for it."""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

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
_WORDS = ("varchar(255)", "integer")
_NUMBERS = ("cpu", "core", "mem")


def measure_imports(jobs: int = 1_000_000, resources: int = 20_000) -> None:
    """Print seconds, peak memory and sizes."""
    with tempfile.TemporaryDirectory(prefix="oar-compat-bench-") as folder:
        dump, out = Path(folder) / "oar.sql", Path(folder) / "site"
        write_dump(dump, jobs, resources)
        size = dump.stat().st_size
        click.echo(f"import: {jobs:,} jobs and {resources:,} resources, a plain dump of {size / 2**20:,.0f} MiB")
        key = str(Path(folder) / "key")
        command = [sys.executable, "-m", "harness.start", "import-site", str(dump), "--out", str(out), "--key", key]
        begun = time.monotonic()
        child = os.posix_spawn(sys.executable, command, os.environ)
        _, status, used = os.wait4(child, 0)
        seconds = time.monotonic() - begun
        written = sum(file.stat().st_size for file in out.rglob("*") if file.is_file())
        click.echo(
            f"  {seconds:.1f} s, {used.ru_utime + used.ru_stime:.1f} s of processor time,"
            f" {used.ru_maxrss / 1024:.0f} MiB of memory,"
            f" {written / 2**20:,.0f} MiB written, ended with {os.waitstatus_to_exitcode(status)}"
        )


def write_dump(path: Path, jobs: int, resources: int) -> None:
    """A plain dump as pg_dump writes it; the same figures give the same dump."""
    choose = random.Random(1)
    users = [f"user{n}" for n in range(400)]
    projects = [f"project{n}" for n in range(60)]
    with path.open("w", encoding="utf-8", buffering=1 << 20) as file:
        file.write(_HEAD)
        columns = ",\n".join(f"    {name} {_WORDS[name in _NUMBERS]}" for name in _RESOURCE.split())
        file.write(f"CREATE TABLE public.resources (\n{columns}\n);\n\n")
        for table, names, rows in (
            ("assigned_resources", "moldable_job_id resource_id assigned_resource_index", _assigned(jobs, resources)),
            ("challenges", "job_id challenge ssh_private_key ssh_public_key", _challenges(jobs, choose)),
            ("job_resource_descriptions", _DESCRIPTION, _descriptions(jobs)),
            (
                "job_resource_groups",
                "res_group_id res_group_moldable_id res_group_property res_group_index",
                _groups(jobs),
            ),
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
        ):
            file.write(f"COPY public.{table} ({', '.join(names.split())}) FROM stdin;\n")
            _write(file.write, rows)
            file.write("\\.\n\n\n")
        file.write(_FOOT)


_DESCRIPTION = "res_job_group_id res_job_resource_type res_job_value res_job_order res_job_index"


def _write(write: object, rows: Iterable[str]) -> None:
    assert callable(write)
    for row in rows:
        write(row)


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
