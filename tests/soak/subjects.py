"""What hostile inputs are given to: each reader of a file from outside, and each command."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

import harness
from harness import cli
from harness.compare.known.known_file import parse_known
from harness.model.departure import Departure
from harness.model.expect_words import ALIASES, JOB_WORDS
from harness.model.fault import Fault
from harness.oarsub.admission import admit
from harness.oarsub.request import read_request
from harness.oarsub.row_options import NotInRows
from harness.oarsub.submission import with_dependencies, with_reservation
from harness.oarsub.submission_parts import read_ask
from harness.report.departures import parse_departures
from harness.run.case import select_cases
from harness.site.site import load_site
from harness.store.history import write_record
from harness.workload.case_ids import case_id
from harness.workload.quota_file import parse_quotas
from harness.workload.scenario import KINDS, load_scenario
from harness.workload.scenario_dump import dump_scenario
from tests.report.examples import record
from tests.soak import hostile

TOP = Path(harness.__file__).resolve().parent.parent
ACCEPTED, REFUSED = "accepted", "refused"


class Wrong(AssertionError):
    """An answer that no input may get."""


@dataclass(frozen=True)
class Subject:
    """One kind of input.

    :ivar share: of all examples, in percent.
    :ivar inputs: makes them.
    :ivar give: gives one to what is tried, in a folder of its own; says whether it was taken. Anything raised is a
        finding.
    """

    name: str
    share: int
    inputs: Callable[[], st.SearchStrategy[Any]]
    give: Callable[[Any], str]


def _texts(*patterns: str, most: int = 6000) -> list[str]:
    files = [path for pattern in patterns for path in sorted(TOP.glob(pattern))]
    return [text for path in files if len(text := path.read_text()) < most]


_LINES = tuple(text for text in hostile.TEXTS if text.startswith("oarsub"))
_JOB = {
    **{
        "name": ("one", "two", "wide"),
        "user": ("alice", "bob"),
        "submit": _LINES,
        "at": (0, "0:10:00"),
        "runtime": (5,),
    },
    **{"started": (0, 10), "on": ("1-4", "1", "1-99999999999"), "when": ({"job": "one"},), "client": ("leaves",)},
}
_NODE = {
    **{"count": (1, 2, 10**9), "name": ("node", "big"), "cpus": (1, 2, 10**9), "cores": (1, 4, 10**9)},
    **{"state": ("Alive", "Absent"), "available-upto": (0, 1), "properties": ({"mem": 5}, {"cpu": 1})},
}
_CLUSTER = {
    **{"shape": ("2 nodes",), "hierarchy": (["host", "cpu"], ["disk"]), "node": [_NODE]},
    "resource": [{**_NODE, "id": (1, 5), "node": ("", "n1"), "type": ("default", "disk")}],
}
_QUOTA = dict.fromkeys(
    ("queue", "project", "type", "user", "resources", "jobs", "hours"), ("*", "/", "default", 1, -1)
)
_EXPECT = {"one": dict.fromkeys((*JOB_WORDS, *ALIASES)), "valid": (True, False), "two": {"starts-after": ("one",)}}
_QUEUE = {"name": ("night", "default"), "priority": (1, 5), "scheduler": ("kamelot", "x")}
SCENARIO: dict[str, Any] = {
    **{"title": ("t",), "cluster": _CLUSTER, "kinds": (["plan"], ["live"], ["procedure"]), "conf": {"A": ("b",)}},
    **{"queue": [_QUEUE], "quota": [_QUOTA], "admission": (["die"],), "files": {"a": ("x y",)}, "job": [_JOB]},
    **{"nodes": ("real",), "tolerance": (5,), "only": (["kao*"],), "not-applicable": {"kao on trixie": ("why",)}},
    "action": [dict.fromkeys(("name", "at", "when", "rounds", "run", "user", "node", "do", "get", "ignore"))],
    "step": [dict.fromkeys(("name", "says", "run", "conf", "install", "submit", "finish", "under", "states"))],
    **{"expect": _EXPECT, "leftover": [{"what": ("x",), "because": ("y",), "how": ("added",)}], "installed": (True,)},
}
SITE: dict[str, Any] = {
    **{key: SCENARIO[key] for key in ("title", "cluster", "tolerance", "conf", "queue", "quota")},
    **{"debian": ("trixie", "sid"), "reference": ("kao", "nobody"), "scenarios": (["**/*.toml"], "..", "/proc/1/*")},
    **{"known-differences": ("folder", "pipe"), "quotas": ("bytes.toml", "pipe", "scheduler_quotas.conf")},
    "scheduler": [dict.fromkeys(("name", "alias", "oar3", "link"))],
    "metascheduler": [dict.fromkeys(("name", "command", "conf", "oar3", "schedules", "log-mark"))],
}
_WHEN = dict.fromkeys(("classes", "rule", "crash", "shift", "message", "gap", "job", "conf", "uses", "down", "jobs"))
KNOWN: dict[str, Any] = {
    "known": [{**dict.fromkeys(("id", "title", "reason", "owner"), ("a", "b")), "expires": None, "when": _WHEN}]
}
DEPARTURES: dict[str, Any] = {"departure": [dict.fromkeys(Departure.__dataclass_fields__)]}


def surroundings(folder: Path) -> None:
    """What lies in the folder where commands are run: what is good, and what no file should be."""
    folder.mkdir(parents=True, exist_ok=True)
    os.mkfifo(folder / "pipe")
    (folder / "loop").symlink_to("loop")
    (folder / "null").symlink_to("/dev/null")
    (folder / "bytes.toml").write_bytes(b"title = '\xff\xfe'")
    with (folder / "holes").open("wb") as file:
        file.truncate(1 << 40)
    (folder / "folder").mkdir()
    (folder / "folder/pipe.toml").symlink_to(folder / "pipe")
    (folder / "good.toml").write_text(
        'title = "t"\ncluster = "1 node"\n[[job]]\nname = "one"\nuser = "alice"\nsubmit = "oarsub -l core=1 cmd"\n'
    )
    (folder / "site").mkdir()
    (folder / "site/site.toml").write_text('title = "s"\ncluster = "2 nodes"\nscenarios = ["../good.toml"]\n')
    write_record(record(), folder / "reports/one")
    (folder / "reports/latest").symlink_to("one")


def _scenario(data: bytes) -> str:
    Path("given.toml").write_bytes(data)
    try:
        scenario = load_scenario(Path("given.toml"))
    except Fault:
        return REFUSED
    select_cases([scenario], lambda each, kind: case_id(each, kind, "trixie"))
    assert set(scenario.kinds) <= set(KINDS)
    if len(scenario.jobs) < 50:
        with contextlib.suppress(Fault, NotImplementedError):
            dump_scenario(scenario)
    for job in scenario.jobs[:50]:
        with contextlib.suppress(NotInRows, Fault):
            argv = with_reservation(with_dependencies(job.submission.argv, {"one": 1, "two": 2}), 1767600000, UTC)
            admit(read_request(argv, scenario.conf), job.user)
        with contextlib.suppress(ValueError, Fault):
            read_ask(job.submission)
    return ACCEPTED


def _site(data: bytes) -> str:
    Path("site/site.toml").write_bytes(data)
    Path("site/folder").mkdir(exist_ok=True)
    Path("site/scheduler_quotas.conf").write_text("$Gantt_quotas->{'*'}->{'*'}->{'*'}->{'*'} = 3;")
    try:
        site = load_site(Path("site"))
    except Fault:
        return REFUSED
    for path in site.scenarios:
        with contextlib.suppress(Fault):
            load_scenario(path, site.defaults)
    return ACCEPTED


def _parsed(parse: Callable[[str, str], object]) -> Callable[[bytes], str]:
    def give(data: bytes) -> str:
        try:
            parse(data.decode("utf-8", "replace"), "given.toml")
        except Fault:
            return REFUSED
        return ACCEPTED

    return give


def command(words: list[str]) -> tuple[int, str, str]:
    """Run a command here; its exit code and what it printed."""
    out, err = io.StringIO(), io.StringIO()
    before = sys.argv, sys.stdout, sys.stderr
    sys.argv, sys.stdout, sys.stderr = ["oar-compat", *words], out, err
    try:
        cli.main()
    except SystemExit as end:
        return int(end.code or 0), out.getvalue(), err.getvalue()  # type: ignore[call-overload]
    finally:
        sys.argv, sys.stdout, sys.stderr = before
    raise Wrong("main() returned")


def _answered(words: list[str], verdicts: tuple[str, ...] = ("compare", "run", "fuzz", "shrink")) -> str:
    code, out, err = command(words)
    for sign in ("Traceback", "a fault of oar-compat itself", "out of memory", "INTERNALERROR"):
        if sign in err or sign in out:
            raise Wrong(f"{sign}: {err[-3000:]}")
    if code not in range(6) or (code in (1, 2, 3) and not {*words} & {*verdicts, "doctor"}):
        raise Wrong(f"exit code {code}: {err[-500:]}")
    if code >= 4 and not err.startswith("oar-compat: "):
        raise Wrong(f"exit code {code} without a line: {err[-500:]!r}")
    if any(len(line) > 4000 for line in err.splitlines()):
        raise Wrong(f"a message of {len(err)} characters")
    return ACCEPTED if code < 4 else REFUSED


def _history(change: tuple[str, bytes]) -> str:
    name, data = change
    shutil.rmtree("reports/two", ignore_errors=True)
    shutil.copytree("reports/one", "reports/two", symlinks=True)
    Path("reports/two", name).write_bytes(data)
    return _answered(["compare", "reports/two", "--known", str(TOP / "fixtures/known-differences")])


def _histories() -> st.SearchStrategy[tuple[str, bytes]]:
    here = Path("reports/one")
    files = sorted(path for path in here.rglob("*.json") if path.name != "report.json")
    return st.sampled_from(files).flatmap(
        lambda path: st.tuples(st.just(str(path.relative_to(here))), hostile.changed_json([path.read_text()]))
    )


def _command_lines() -> st.SearchStrategy[list[str]]:
    paths = (
        "good.toml",
        "pipe",
        "loop",
        "null",
        "bytes.toml",
        "holes",
        "folder",
        "gone",
        "site",
        "reports/latest",
        ".",
    )
    values = st.sampled_from(
        (*paths, *paths, *(text for text in hostile.TEXTS if "\0" not in text and ".." not in text))
    )
    numbers = st.sampled_from(("0", "1", "-1", "2", "nan", "inf", "1e9", "9" * 30, "9" * 5000, "x", "64", "0.5"))
    options = ("--site", "--oar2", "--oar3", "--combination", "--reference", "--kind", "--known", "--lanes", "--cold")
    more = (
        "--case",
        "--scenario",
        "--tolerance",
        "--minutes",
        "--seed",
        "--jobs",
        "--without",
        "--findings",
        "--nonsense",
    )
    asked = (
        "--behaviours",
        "--departures",
        "--narrow",
        "--limit",
        "--workers",
        "--candidate",
        "--help",
        "-h",
        "--version",
    )
    good = st.sampled_from(
        ("kao", "trixie", "plan", "live", "good.toml", "site", "oar_meta_sched+kamelot", "kamelot")
    )
    option = st.tuples(st.sampled_from((*options, *more, *asked)), st.one_of(values, numbers, good)).map(list)
    names = st.sampled_from(("run", "list", "compare", "fuzz", "shrink", "report", "doctor", "clean", "rnu", ""))
    reading = st.sampled_from((["--behaviours", "t.md"], ["--narrow", "n.md"], ["--candidate", "kao"], []))
    rest = st.lists(st.one_of(option, values.map(lambda value: [value]), reading), max_size=3)
    return st.builds(lambda name, parts: [name, *(word for part in parts for word in part)], names, rest)


def _commanded(words: list[str]) -> str:
    if any(word.startswith("/") or "etc" in word for word in words[1:]) and {*words} & _WRITING:
        return REFUSED  # it writes where the user says
    return _answered(words)


_WRITING = {"--reports", "--behaviours", "--narrow", "--findings", "--evidence"}


def _quota_files() -> st.SearchStrategy[bytes]:
    line = "$Gantt_quotas->{'*'}->{'/'}->{\"besteffort\"}->{john} = [80,10,100.5] ; # a comment\n"
    return hostile.changed([line * 3, line, "$Gantt_quotas->{a}->{b}->{c}->{d} = -1;\n", "# nothing\n"])


def _either(patterns: tuple[str, ...], words: dict[str, Any]) -> st.SearchStrategy[bytes]:
    return hostile.changed(_texts(*patterns)) | hostile.invented(words)


_SITE = """title = "s"
debian = "bookworm"
reference = "oar_meta_sched+oar_sched_gantt_with_timesharing"
cluster = "2 nodes x 2 cpus x 2 cores"
tolerance = "1 min"
scenarios = ["../*.toml"]
quotas = "scheduler_quotas.conf"
[conf]
SCHEDULER_JOB_SECURITY_TIME = "60"
[[queue]]
name = "default"
priority = 3
scheduler = "oar_sched_gantt_with_timesharing"
"""
_SITE_OF_MUCH = """title = "s"
known-differences = ["folder"]
scenarios = ["../good.toml"]
[cluster]
hierarchy = ["host", "cpu", "core"]
[[cluster.node]]
count = 3
cpus = 2
cores = 4
properties = { mem = 5, gpu = "none" }
[[cluster.resource]]
count = 2
type = "licence"
[[quota]]
queue = "default"
resources = 80
hours = 12.5
[[scheduler]]
name = "own"
link = "/usr/lib/oar/own"
[[metascheduler]]
name = "meta"
command = "own_meta"
"""

SUBJECTS = (
    Subject("scenario", 40, lambda: _either(("scenarios/**/*.toml",), SCENARIO), _scenario),
    Subject("site", 10, lambda: hostile.changed([_SITE, _SITE_OF_MUCH]) | hostile.invented(SITE), _site),
    Subject("known", 10, lambda: _either(("fixtures/known-differences/*.toml",), KNOWN), _parsed(parse_known)),
    Subject("departures", 5, lambda: _either(("fixtures/departures/*.toml",), DEPARTURES), _parsed(parse_departures)),
    Subject("quotas", 5, _quota_files, _parsed(parse_quotas)),
    Subject("history", 15, _histories, _history),
    Subject("command", 15, _command_lines, _commanded),
)
