"""The pytest plugin, with campaigns that observe nothing real; the last test has real servers."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from procset import ProcSet

import harness.plugin.coordinator
import harness.plugin.selection
import harness.run.execute
from harness.model.cluster import parse_cluster
from harness.model.fault import MachineFault
from harness.model.job import Group, Job, Level, Moldable
from harness.model.procedure import Footprint, Pass, Procedure, StepRecord, Way
from harness.model.record import Crash, Kind, Missing, Observation
from harness.model.schedule import Fate, Placement, Schedule, Situation
from harness.oar3.source import Oar3Source
from harness.run.campaign import Campaign
from harness.run.case import Case
from harness.run.events import Listener, Stage
from harness.run.observers import Observer

NATIVE = "oar_meta_sched+oar_sched_gantt_with_timesharing"
REFERENCE = NATIVE + "_and_fairsharing_and_quotas"
TOP = Path(__file__).resolve().parent.parent
SHAPE = "4 nodes x 2 cpus x 4 cores"
NOW = 1_767_600_000
ONE = Job("one", 1, "alice", moldables=(Moldable(3600, (Group((Level("host", 1),), eligible=ProcSet((1, 32))),)),))
HERE = Situation(NOW, parse_cluster(SHAPE).resources, ("host", "cpu", "core"), (ONE,))


def planned(start: int) -> Schedule:
    return Schedule({"one": Fate("Waiting", Placement(NOW + start, NOW + start + 3600, 0, ProcSet((1, 8))))})


GOOD = Observation("", planned(60), seconds=1.5)
LATE = Observation("", planned(6000))
CRASHED = Observation(
    "", None, crashes=(Crash("kao", "traceback", "Traceback\nKeyError: 'x'\n"),), artefacts="logs/kao"
)
NONE = Missing("OAR3", "nothing there", "put it there")
NOT_RUN = Observation("", not_run="lane: no disk")


@dataclass
class World:
    """What the false campaigns observe, by column or title (then without a situation), and what was asked of them."""

    outcomes: dict[str, Any] = field(default_factory=dict)
    found: tuple[Oar3Source, ...] | Missing = NONE
    campaigns: list[Campaign] = field(default_factory=list)
    prepared: list[str] = field(default_factory=list)
    looked: int = 0
    aborted: int = 0

    def find(self, *_: object, **__: object) -> tuple[Oar3Source, ...] | Missing:
        self.looked += 1
        return self.found

    @property
    def pairs(self) -> list[str]:
        """Kind and column of all that was observed."""
        return [
            f"{case.kind}[{column}]"
            for c in self.campaigns
            for case in c.assignment.cases
            for column in sorted(c.recorder.seen(case))
        ]


class Provisioner:
    world: World

    def __init__(self, debian: str, notify: Listener) -> None:
        self.debian = debian
        self._notify = notify

    def __enter__(self) -> Provisioner:
        self._notify(Stage("engine: none at all"))
        if fault := self.world.outcomes.get("engine"):
            raise fault
        return self

    def __exit__(self, *_: object) -> None: ...

    @property
    def closed(self) -> bool:
        return self.world.aborted > 0

    def abort(self) -> None:
        self.world.aborted += 1

    def prepare(self, sources: Sequence[Oar3Source]) -> None:
        self.world.prepared += [source.name for source in sources]

    def prepared(self, source: Oar3Source | None) -> Any:
        return type("Prepared", (), {"adaptations": (), "source": source})

    def environment(self) -> dict[str, Any]:
        return {"engine": "none", "debian": self.debian, "oar2": "2.6.1-1", "postgresql": "17.6"}


class FalseCampaign(Campaign):
    world: World

    def observers(self) -> Mapping[Kind, Observer]:
        return dict.fromkeys((Kind.PLAN, Kind.LIVE, Kind.PROCEDURE), self)

    def observe(self, cases: Sequence[Case]) -> None:
        if self not in self.world.campaigns:
            self.world.campaigns.append(self)
        for case in cases:
            for column in self.recorder.columns(case):
                outcome = self.world.outcomes.get(case.title) or self.world.outcomes.get(column.id, GOOD)
                if isinstance(outcome, BaseException):
                    raise outcome
                self.recorder.started(case, column)
                if case.title not in self.world.outcomes:
                    self.recorder.situate(case, HERE)
                self.recorder.keep(case, column, replace(outcome, combination=column.id))


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """Puts false provisioners and campaigns in the place of real ones."""
    world = World()
    monkeypatch.setattr(Provisioner, "world", world, raising=False)
    monkeypatch.setattr(FalseCampaign, "world", world, raising=False)
    monkeypatch.setattr(harness.run.execute, "Provisioner", Provisioner)
    monkeypatch.setattr(harness.run.execute, "Campaign", FalseCampaign)
    monkeypatch.setattr(harness.plugin.selection, "find", world.find)
    monkeypatch.delenv("OAR_COMPAT_OAR3", raising=False)
    return world


def write(path: Path, title: str, more: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f'title = "{title}"\ncluster = "{SHAPE}"\n{more}\n[[job]]\nname = "one"\nuser = "alice"\n'
        "submit = \"oarsub -l /nodes=1,walltime=1:00:00 'sleep 600'\"\n"
    )
    return path


def source(name: str) -> Oar3Source:
    return Oar3Source(name, "tree", Path("/nowhere") / name, "0" * 64, name)


@dataclass
class Project:
    """A project with two scenarios, and files that are none, in which pytest is run."""

    pytester: pytest.Pytester
    world: World

    @property
    def path(self) -> Path:
        return self.pytester.path

    def run(self, *words: object, **how: Any) -> pytest.RunResult:
        return self.pytester.runpytest_inprocess("-p", "harness.plugin", *map(str, words), **how)

    def report(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.path / "reports/latest/report.json").read_text())
        return found


@pytest.fixture
def project(pytester: pytest.Pytester, world: World, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("COLUMNS", "250")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    write(pytester.path / "scenarios/planning/a.toml", "first")
    write(pytester.path / "scenarios/b.toml", "second", 'kinds = ["plan", "live"]')
    (pytester.path / "pyproject.toml").write_text('[tool.pytest.ini_options]\ntestpaths = ["tests"]\n')
    (pytester.path / "other.toml").write_text("a = 1\n")
    return Project(pytester, world)


def _campaign_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "campaign"]


def test_collects_scenarios_and_starts_nothing(project: Project) -> None:
    result = project.run(".", "--collect-only", "-q", "--combination", NATIVE, "--combination", "kao")
    ids = [line for line in result.outlines if "::" in line]
    kinds = {"scenarios/b.toml": ("plan", "live"), "scenarios/planning/a.toml": ("plan",)}
    assert ids == [
        f"{file}::{kind}[{column}]" for file in kinds for kind in kinds[file] for column in (REFERENCE, NATIVE, "kao")
    ]
    assert result.ret == 0
    assert (project.world.campaigns, project.world.looked, _campaign_threads()) == ([], 0, [])
    assert not (project.path / "reports").exists()


def test_agreeing_items_pass_and_reports_are_written(project: Project) -> None:
    result = project.run("scenarios", "--combination", NATIVE)
    result.assert_outcomes(passed=6)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["oar-compat: engine: none at all", "Exit code 0 — compatible"])
    assert len(project.world.campaigns) == 1
    assert project.report()["exit_code"] == 0
    assert project.world.looked == 0, "no copy of OAR3 is looked for where none is needed"


def test_one_item_runs_it_and_the_reference_alone(project: Project) -> None:
    result = project.run(f"scenarios/b.toml::plan[{NATIVE}]")
    result.assert_outcomes(passed=1)
    assert result.ret == 0
    assert project.world.pairs == [f"plan[{NATIVE}]", f"plan[{REFERENCE}]"]
    assert len(project.report()["cases"]) == 2


def test_deselected_items_are_not_observed(project: Project) -> None:
    result = project.run("scenarios", "-k", "live and placeholder and not kao and not fairsharing")
    result.assert_outcomes(passed=1, deselected=41)
    assert result.ret == 0
    assert project.world.pairs == [f"live[{REFERENCE}]", f"live[{NATIVE}_and_placeholder]"]


def test_kind_selects(project: Project) -> None:
    project.run("scenarios", "--kind", "live", "--combination", NATIVE).assert_outcomes(passed=2)
    assert project.run("scenarios", "--kind", "liv").ret == 4


def test_a_difference_fails_and_says_what_to_do(project: Project) -> None:
    project.world.outcomes[NATIVE] = LATE
    result = project.run("scenarios/planning", "--combination", NATIVE, "--oar2", "bookworm")
    result.assert_outcomes(passed=1, failed=1)
    assert result.ret == 1
    item = f"scenarios/planning/a.toml::plan[{NATIVE}]"
    result.stdout.fnmatch_lines(
        [
            f"candidate: {NATIVE}: differs",
            "  job  class  why",
            "  one  later  *",
            f"reproduce: pytest '{item.replace('[', '[[]')}' --oar2 bookworm --combination {NATIVE}",
            "Exit code 1 — incompatible",
            f"FAILED {item.replace('[', '[[]')} - one: later*",
        ]
    )
    assert project.report()["cases"][1]["reproduce"].startswith(f"pytest '{item}'")


def test_a_crash_fails_with_its_log(project: Project) -> None:
    project.world.outcomes[NATIVE] = CRASHED
    result = project.run("scenarios/planning", "--combination", NATIVE)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["kao: traceback (under *", "  KeyError: 'x'", "files: *logs/kao"])


def test_what_was_not_run_is_skipped(project: Project) -> None:
    project.world.outcomes[NATIVE] = NOT_RUN
    result = project.run("scenarios/planning", "--combination", NATIVE, "-rs")
    result.assert_outcomes(passed=1, skipped=1)
    assert result.ret == 2
    result.stdout.fnmatch_lines(["*SKIPPED*not compared: lane: no disk*"])


def test_a_case_that_could_not_even_be_submitted_is_missing(project: Project) -> None:
    project.world.outcomes["first"] = NOT_RUN
    result = project.run("scenarios", "--kind", "plan", "--combination", NATIVE)
    result.assert_outcomes(passed=2, skipped=2)
    assert result.ret == 2
    (missing,) = project.report()["missing"]
    assert missing["what"].endswith("(first)")
    assert missing["why"] == "lane: no disk"


def test_a_scenario_for_others_is_skipped(project: Project) -> None:
    write(
        project.path / "scenarios/b.toml", "second", '[not-applicable]\n"oar_meta_sched+*ing" = "it has no quotas"\n'
    )
    result = project.run("scenarios", "--combination", NATIVE, "-rs")
    result.assert_outcomes(passed=3, skipped=1)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*not applicable: it has no quotas*"])


def there_and_back() -> Procedure:
    """One step, after which the server is as it was."""
    seen = Footprint({}, {})
    return Procedure((Pass(Way.ADAPTED, (StepRecord("a step", "a page", "true"),), before=seen, after=seen),))


def test_a_procedure_is_run_under_its_combination_alone(project: Project) -> None:
    file = write(project.path / "scenarios/p.toml", "there and back", f'kinds = ["procedure"]\nonly = ["{NATIVE}"]')
    file.write_text(file.read_text() + '[[step]]\nname = "a job"\nsubmit = ["one"]\n')
    project.world.outcomes[NATIVE] = Observation("", procedure=there_and_back())
    result = project.run(file, "--combination", NATIVE)
    result.assert_outcomes(passed=1, skipped=1)
    assert result.ret == 0
    assert project.world.pairs == [f"procedure[{NATIVE}]"]
    assert [(case["kind"], case["candidate"]) for case in project.report()["cases"]] == [("procedure", NATIVE)]


def test_without_oar3_its_columns_are_skipped_and_named(project: Project) -> None:
    result = project.run("scenarios/planning", "--combination", "kao", "--combination", NATIVE, "-rs")
    result.assert_outcomes(passed=2, skipped=1)
    assert result.ret == 2
    result.stdout.fnmatch_lines(["*MISSING*", "*SKIPPED*OAR3 is missing: nothing there — put it there"])
    assert project.report()["missing"] == [
        {"what": "OAR3, and with it kao", "why": "nothing there", "how": "put it there"}
    ]


def test_where_everything_lacks_oar3_nothing_runs(project: Project) -> None:
    result = project.run("scenarios/planning/a.toml::plan[kao]")
    result.assert_outcomes(skipped=1)
    assert result.ret == 3
    assert project.world.campaigns == []
    result.stdout.fnmatch_lines(
        ["oar-compat: nothing ran", "MISSING: OAR3, and with it kao", "*get it: put it there"]
    )


def test_several_copies_of_oar3_make_several_columns(project: Project) -> None:
    project.world.found = (source("3.0.2"), source("master"))
    asked = ("--oar3", "3.0.2", "--oar3", "master")
    project.run("scenarios", *asked, "--combination", "kao", "-k", "plan").assert_outcomes(passed=6, deselected=3)
    assert project.world.prepared == ["3.0.2", "master"]
    project.run("scenarios/planning/a.toml::plan[kao@master]", *asked).assert_outcomes(passed=1)
    assert project.world.prepared == ["3.0.2", "master", "master"]


def test_a_reference_without_its_oar3_is_refused(project: Project) -> None:
    result = project.run("scenarios", "--reference", "kao")
    assert result.ret == 4
    result.stdout.fnmatch_lines(["*--reference: the reference kao needs OAR3, and there is none*put it there*"])


def test_a_broken_file_is_one_clear_line(project: Project) -> None:
    write(project.path / "scenarios/b.toml", "second", 'kind = "plan"')
    result = project.run("scenarios")
    assert result.ret == 4
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["scenarios/b.toml:3: unknown key 'kind' — did you mean 'kinds'?"])
    assert project.world.campaigns == []


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        (("--combination", "koa"), "*unknown combination 'koa' — did you mean 'kao'?"),
        (("--oar2", "trixi"), "*unknown Debian release 'trixi'*"),
        (("--site", "nowhere"), "*there is no site here*"),
        (("--lanes", "0"), "*'0' is not a number from 1 to 64"),
    ],
)
def test_wrong_configuration_is_refused(project: Project, asked: tuple[str, ...], line: str) -> None:
    result = project.run("scenarios", *asked)
    assert result.ret == 4
    result.stderr.fnmatch_lines([line])
    assert project.world.campaigns == []


def test_nothing_selected_is_nothing_ran(project: Project) -> None:
    assert project.run("scenarios", "-k", "nonsense").ret == 3


@pytest.mark.parametrize("where", ["engine", NATIVE])
def test_the_machines_fault_ends_the_session(project: Project, where: str) -> None:
    project.world.outcomes[where] = MachineFault("no container engine answers", where="engine", remedy="start it")
    result = project.run("scenarios", "--combination", NATIVE)
    assert result.ret == 5
    result.stdout.fnmatch_lines(["*engine: no container engine answers — start it*"])


def test_the_harness_own_fault_is_one_line_and_no_verdict(project: Project) -> None:
    project.world.outcomes[REFERENCE] = ZeroDivisionError("a bug")
    result = project.run("scenarios", "--combination", NATIVE)
    assert result.ret == 5
    result.stdout.fnmatch_lines(
        ["*a fault of oar-compat itself: ZeroDivisionError: a bug — please report it *error.log*"]
    )
    shown = result.stdout.str() + result.stderr.str()
    assert "Traceback" not in shown
    assert "INTERNALERROR" not in shown
    (log,) = (project.pytester.path / "reports").glob("2*/error.log")
    assert "ZeroDivisionError: a bug" in log.read_text()


def test_a_fault_in_judging_at_the_end_is_no_screen_of_pytest(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("nobody foresaw it")

    monkeypatch.setattr(harness.plugin.coordinator, "report", broken)
    result = project.run("scenarios", "--combination", NATIVE)
    assert result.ret == 5
    assert "INTERNALERROR" not in result.stdout.str() + result.stderr.str()
    result.stdout.fnmatch_lines(["oar-compat: a fault of oar-compat itself: KeyError: 'nobody foresaw it'*"])


def test_first_failure_ends_it_with_reports(project: Project) -> None:
    project.world.outcomes[NATIVE] = LATE
    result = project.run("scenarios", "-x", "--combination", NATIVE, "--combination", f"{NATIVE}_and_placeholder")
    result.assert_outcomes(passed=1, failed=1)
    assert result.ret == 1
    assert project.world.aborted
    assert project.report()["exit_code"] == 1


def test_ctrl_c_ends_everything(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(harness.plugin.coordinator.Background, "wait", interrupted)
    result = project.run("scenarios", "--combination", NATIVE, no_reraise_ctrlc=True)
    assert result.ret == 2
    assert _campaign_threads() == []
    result.stdout.fnmatch_lines(["oar-compat: ended; containers are removed; *"])


def test_last_failed(project: Project) -> None:
    project.world.outcomes[NATIVE] = LATE
    project.run("scenarios", "--kind", "plan", "--combination", NATIVE).assert_outcomes(passed=2, failed=2)
    project.world.outcomes.clear()
    project.world.campaigns.clear()
    project.run("scenarios", "--kind", "plan", "--combination", NATIVE, "--lf").assert_outcomes(passed=2)
    assert project.world.pairs.count(f"plan[{NATIVE}]") == 2


@pytest.mark.parametrize(("body", "code"), [("assert True", 0), ("assert False", 1)])
def test_python_beside_scenarios_counts(project: Project, body: str, code: int) -> None:
    (project.path / "scenarios/test_more.py").write_text(f"def test_more():\n    {body}\n")
    assert project.run("scenarios", "--combination", NATIVE).ret == code


def test_a_sites_scenarios_belong_to_all_of_them(project: Project) -> None:
    site = project.path.parent / f"{project.path.name}-site"
    write(site / "mine/own.toml", "own")
    (site / "site.toml").write_text(f'title = "mine"\ncluster = "{SHAPE}"\nscenarios = ["mine/*.toml"]\n')
    asked = ("--site", site, "--kind", "plan", "--combination", NATIVE)
    listed = project.run("scenarios", *asked, "--collect-only", "-q").outlines
    assert f"{site}/mine/own.toml::plan[{NATIVE}]" in listed
    project.run("scenarios", *asked).assert_outcomes(passed=6)
    project.run("scenarios/planning", *asked).assert_outcomes(passed=2)
    project.run(*asked).assert_outcomes(passed=2)
    project.run(site, "--combination", NATIVE).assert_outcomes(passed=2)
    project.run(f"{site}/mine/own.toml::plan[{NATIVE}]").assert_outcomes(passed=1)
    assert all(case.scenario.source for campaign in project.world.campaigns for case in campaign.assignment.cases)


def test_dormant_where_no_scenario_is_named(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    tests = project.path / "tests"
    tests.mkdir()
    (tests / "data.toml").write_text("a = 1\n")
    (tests / "test_dormant.py").write_text(
        "import sys\ndef test(request):\n"
        "    assert not request.config.pluginmanager.hasplugin('oar-compat-coordinator')\n"
        "    heavy = {'docker', 'sqlalchemy', 'rich.console', 'harness.run.execute', 'harness.plugin.coordinator'}\n"
        "    assert not heavy & set(sys.modules)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(TOP))
    parallel = [("-p", "xdist", "-n", "1")] if importlib.util.find_spec("xdist") else []
    for words in ((), ("tests/test_dormant.py::test",), *parallel):
        result = project.pytester.runpytest_subprocess("-p", "harness.plugin", *words)
        result.assert_outcomes(passed=1)
        assert result.ret == 0
        assert "oar-compat:" not in result.stdout.str()


def test_dormant_where_nothing_is_collected(project: Project) -> None:
    (project.path / "tests").mkdir()
    assert project.run("tests").ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_xdist_is_refused(project: Project) -> None:
    pytest.importorskip("xdist")
    result = project.run("scenarios", "-p", "xdist", "-n", "2")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["ERROR: the harness runs its lanes in parallel itself: leave out -n"])
    assert project.run("scenarios", "-p", "xdist", "-n", "0", "--combination", NATIVE).ret == 0


def test_help_has_a_group(project: Project) -> None:
    result = project.run("--help")
    result.stdout.fnmatch_lines(
        ["oar-compat*:", "*--site=FOLDER*", "*--oar3=[[]LABEL=]PATH|VERSION*", "*--lanes=NUMBER*"]
    )


@pytest.mark.engine
def test_real_servers(tmp_path: Path) -> None:
    scenario = "scenarios/planning/back-to-back.toml"
    reports = tmp_path / "reports"
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            scenario,
            f"--combination={NATIVE}",
            "--oar2=trixie",
            f"--reports={reports}",
        ],
        cwd=TOP,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads((reports / "latest/report.json").read_text())
    assert found["verdict"] == "compatible"
    assert [(case["candidate"], case["status"]) for case in found["cases"]] == [
        (REFERENCE, "agrees"),
        (NATIVE, "agrees"),
    ]
    assert found["cases"][1]["reproduce"].startswith(f"pytest '{scenario}::plan[{NATIVE}]' --oar2 trixie")
    assert {path.name for path in (reports / "latest").iterdir()} >= {"report.html", "report.md", "junit.xml"}
