from __future__ import annotations

from pathlib import Path

import pytest

from harness.model.combination import NATIVE_SCHEDULERS
from harness.model.fault import ConfigurationFault
from harness.model.quota import Quota
from harness.model.record import Kind
from harness.run.run_request import RunRequest, wanted
from harness.site.site import DEMO, load_site

HEAD = 'title = "t"\ncluster = "2 nodes"\n'
CASE = 'title = "c"\n[[job]]\nname = "one"\nuser = "alice"\nsubmit = "oarsub -l core=1 cmd"\n'
NATIVE = NATIVE_SCHEDULERS[0].name
TIMESHARING = NATIVE_SCHEDULERS[1].name
TWO = Path(__file__).parents[1] / "cases" / "queues-of-two-schedulers"


def write(folder: Path, text: str) -> Path:
    (folder / "site.toml").write_text(text)
    return folder


def test_the_demonstration() -> None:
    site = load_site(DEMO)
    assert site.reference.id == f"oar_meta_sched+{NATIVE}"
    assert site.debian == "trixie"
    scenarios = site.load_scenarios()
    assert {kind for scenario in scenarios for kind in scenario.kinds} == {Kind.PLAN, Kind.LIVE}
    for scenario in scenarios:
        assert sum(len(job.names) for job in scenario.jobs) >= 12
        assert len(scenario.cluster.nodes) == 4
    assert {user for scenario in scenarios for user in scenario.users} == {"alice", "bob", "carol"}
    live = next(scenario for scenario in scenarios if Kind.LIVE in scenario.kinds)
    assert all(job.submission.noop for job in live.jobs), "live jobs need no node"


def test_a_site_may_be_named_by_its_file() -> None:
    assert load_site(DEMO / "site.toml").folder == load_site(DEMO).folder


def test_a_site_with_everything(tmp_path: Path) -> None:
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "a.toml").write_text(CASE)
    (tmp_path / "known").mkdir()
    (tmp_path / "mine.toml").write_text('shape = "3 nodes"\n')
    site = load_site(
        write(
            tmp_path,
            """
            title = "ours"
            debian = "bookworm"
            reference = "slurmish"
            cluster = "mine.toml"
            tolerance = "1 min"
            scenarios = ["cases"]
            known-differences = "known"
            [conf]
            SCHEDULER_JOB_SECURITY_TIME = "5"
            [[scheduler]]
            name = "fifo_strict"
            alias = "fifo"
            link = "/opt/fifo"
            [[metascheduler]]
            name = "slurmish"
            command = "slurmish"
            schedules = true
            oar3 = false
            log-mark = "[slurmish]"
            conf = { SLURMISH = "yes" }
            [[queue]]
            name = "default"
            priority = 3
            scheduler = "fifo_strict"
            """,
        )
    )
    assert site.reference.id == "slurmish"
    assert site.registry.find("kao-external+fifo").scheduler == site.registry.schedulers["fifo"]
    assert site.registry.metaschedulers["slurmish"].conf == (("SLURMISH", "yes"),)
    assert site.known_differences == (tmp_path / "known",)
    (scenario,) = site.load_scenarios()
    assert scenario.conf == {"SCHEDULER_JOB_SECURITY_TIME": "5"}
    assert (len(scenario.cluster.nodes), scenario.tolerance) == (3, 60)
    assert scenario.queues[0].scheduler == "fifo_strict"


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("", f"oar_meta_sched+{NATIVE}"),
        ("reference = 'kao'\n", "kao"),
        ("[[queue]]\nname = 'default'\nscheduler = 'kamelot'\n", "oar_meta_sched+kamelot"),
        ("[[queue]]\nname = 'other'\nscheduler = 'kamelot'\n", "oar_meta_sched"),
        (f"[[queue]]\nname = 'other'\nscheduler = '{NATIVE}'\n", f"oar_meta_sched+{NATIVE}"),
        ("reference = 'oar_meta_sched+kamelot:default'\n", "oar_meta_sched+kamelot:default"),
        ("reference = 'kao-external'\n", "kao-external"),
        ("[conf]\nMETA_SCHED_CMD = 'kao'\n[[queue]]\nname = 'other'\nscheduler = 'kamelot'\n", "kao"),
        ("[conf]\nMETA_SCHED_CMD = '/usr/lib/oar/kao'\n", "kao"),
        (
            "[conf]\nMETA_SCHED_CMD = 'kao'\nMETASCHEDULER_MODE = 'external'\n"
            "[[queue]]\nname = 'default'\nscheduler = 'kamelot'\n",
            "kao-external+kamelot",
        ),
        (
            "[conf]\nMETA_SCHED_CMD = 'kao'\nMETASCHEDULER_MODE = 'external'\n"
            "[[queue]]\nname = 'other'\nscheduler = 'kamelot'\n",
            "kao-external",
        ),
    ],
)
def test_the_reference_is_what_the_site_runs_today(tmp_path: Path, text: str, reference: str) -> None:
    assert load_site(write(tmp_path, HEAD + text)).reference.id == reference


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "site.toml:1: title is missing"),
        ('title = "t"\n', "site.toml:1: cluster is missing"),
        (HEAD + "quotas = 'none.conf'\n", "there is no file 'none.conf' — copy your scheduler_quotas.conf there"),
        (
            HEAD + "quotas = 'x'\n[[quota]]\njobs = 1\n",
            "there are [[quota]] and a file of quotas — remove one of them",
        ),
        (HEAD + "debain = 'x'\n", "site.toml:3: unknown key 'debain' — did you mean 'debian'?"),
        (HEAD + "debian = 'trixi'\n", "site.toml:3: unknown Debian release 'trixi' — did you mean 'trixie'?"),
        (HEAD + "reference = 'koa'\n", "site.toml:3: unknown combination 'koa' — did you mean 'kao'?"),
        (
            HEAD + "reference = 'oar_meta_sched+kamelot:defualt'\n",
            "site.toml:3: 'oar_meta_sched+kamelot:defualt': there is no queue 'defualt' — did you mean 'default'?",
        ),
        (HEAD + "combinations = ['kao', 'koa']\n", "site.toml:3: unknown combination 'koa' — did you mean 'kao'?"),
        (HEAD + "combinations = ['oar_meta*', 'x*']\n", "site.toml:3: no combination fits 'x*'"),
        (HEAD + "combinations = ['kao:default']\n", "site.toml:3: 'kao:default': kao schedules all queues by itself"),
        (HEAD + "scenarios = ['none']\n", "site.toml:3: no scenario file matches 'none'"),
        (HEAD + "known-differences = 'none'\n", "site.toml:3: there is no folder 'none'"),
        (HEAD + "[conf]\nMETA_SCHED_CMD = 'koa'\n", "site.toml:4: unknown metascheduler 'koa' — did you mean 'kao'?"),
        (HEAD + "[[queue]]\nname = 'q'\nscheduler = 'kamlot'\n", "site.toml:5: [[queue]] 'q': unknown scheduler"),
        (HEAD + "[[scheduler]]\nname = 'kamelot'\n", "site.toml:4: [[scheduler]] 'kamelot': there is a scheduler"),
        (HEAD + "[[scheduler]]\nname = 'a+b'\n", "site.toml:4: [[scheduler]] 'a+b': a + parts metascheduler"),
        (HEAD + "[[scheduler]]\nname = 'a'\noar3 = 'yes'\n", "site.toml:5: [[scheduler]] 'a': oar3 is 'yes' — write"),
        (HEAD + "[[metascheduler]]\nname = 'a'\n", "site.toml:3: [[metascheduler]] 'a': command is missing"),
    ],
)
def test_refuses_with_one_clear_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigurationFault) as caught:
        load_site(write(tmp_path, text))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_known_differences_may_lie_in_several_folders_and_drafts_are_no_scenarios(tmp_path: Path) -> None:
    for name in ("a", "b", "known-differences", "scenarios"):
        (tmp_path / name).mkdir()
    (tmp_path / "scenarios" / "one.toml").write_text(CASE)
    (tmp_path / "scenarios" / "draft.toml").write_text("[[known]]\n")
    site = load_site(write(tmp_path, HEAD))
    assert site.known_differences == (tmp_path / "known-differences",)
    assert [path.name for path in site.scenarios] == ["one.toml"]
    several = load_site(write(tmp_path, HEAD + "known-differences = ['b', 'a']\n"))
    assert several.known_differences == (tmp_path / "b", tmp_path / "a")
    assert load_site(write(tmp_path, HEAD + "known-differences = []\n")).known_differences == ()


def test_quotas_of_a_production_file(tmp_path: Path) -> None:
    file = tmp_path / "scheduler_quotas.conf"
    file.write_text("# of our cluster\n$Gantt_quotas->{'*'}->{'*'}->{'*'}->{'/'} = [32, 4, -1];\n")
    assert load_site(write(tmp_path, HEAD + f"quotas = '{file.name}'\n")).quotas == (
        Quota("*", "*", "*", "/", resources=32, jobs=4, hours=-1),
    )
    file.write_text("$Gantt_quotas->{'*'}->{'*'}->{'*'}->{'/'} = [32, 4, -1];\nmy $nights = 1;\n")
    with pytest.raises(ConfigurationFault, match=r"scheduler_quotas\.conf, line 2: no quota"):
        load_site(write(tmp_path, HEAD + f"quotas = '{file.name}'\n"))


def test_no_site(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationFault, match=r"there is no site here — name a folder that has a site\.toml"):
        load_site(tmp_path)


def test_an_error_in_a_scenario_names_its_file(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text(CASE.replace("alice", "root"))
    site = load_site(write(tmp_path, HEAD + "scenarios = ['b*.toml']\n"))
    with pytest.raises(ConfigurationFault, match=r"bad\.toml:4: \[\[job\]\] 'one': root may not submit"):
        site.load_scenarios()


def test_each_queue_keeps_the_scheduler_that_the_site_gives_it() -> None:
    site = load_site(TWO)
    fair, plain = f"{TIMESHARING}_and_fairsharing", TIMESHARING
    assert site.registry.given == {"admin": plain, "default": plain, "besteffort": plain, "production": fair}
    (scenario,) = site.load_scenarios()
    assert scenario.schedulers == site.registry.given
    plan = site.reference.plan(scenario.schedulers)
    assert {queue: scheduler.name for queue, scheduler in plan.items()} == site.registry.given
    offered = [each.id for each in site.registry.all()]
    assert {"oar_meta_sched", "kao-external"} <= set(offered)
    assert not {"oar_meta_sched", "kao-external"} & {each.id for each in load_site(DEMO).registry.all()}


def test_what_is_tried_where_nothing_is_named(tmp_path: Path) -> None:
    text = HEAD + "combinations = ['kao-external+k*', 'oar_meta_sched+kamelot:default', 'kao-external+kamelot']\n"
    site = load_site(write(tmp_path, text))
    assert wanted(site, RunRequest()) == ("kao-external+kamelot", "oar_meta_sched+kamelot:default")
    assert wanted(site, RunRequest(combinations=("kao",))) == ("kao",)
    assert wanted(load_site(write(tmp_path, HEAD)), RunRequest()) == (), "all"


def test_a_site_from_production_files(tmp_path: Path) -> None:
    (tmp_path / "oar.conf").write_text('SCHEDULER_JOB_SECURITY_TIME="90"\nDB_BASE_PASSWD="hidden"\nLOG_LEVEL="1"\n')
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "010-ours.pl").write_text("1;\n")
    (tmp_path / "rules" / "005-rule41.pl.disabled").write_text("2;\n")
    (tmp_path / "nodes.tsv").write_text(
        "resource_id\tnetwork_address\ttype\thost\tmem:int\n7\tn1\tdefault\tn1\t64\n3\t\tlicence\t\\N\t\\N\n"
    )
    text = 'title = "t"\noar-conf = "oar.conf"\nadmission = "rules"\n'
    text += '[conf]\nSCHEDULER_TIMEOUT = "10"\n[cluster]\nresources = "nodes.tsv"\nhierarchy = ["host"]\n'
    text += '[[queue]]\nname = "night"\npriority = -1\nstate = "notActive"\n'
    site = load_site(write(tmp_path, text))
    assert site.conf["SCHEDULER_JOB_SECURITY_TIME"] == "90"
    assert site.conf["SCHEDULER_TIMEOUT"] == "10"
    assert "DB_BASE_PASSWD" not in site.conf
    (warning,) = site.warnings
    assert "DB_BASE_PASSWD" in warning
    assert "hidden" not in warning
    assert [(rule.number, rule.priority, rule.enabled, rule.text) for rule in site.rules or ()] == [
        (41, 5, False, "2;\n"),
        (42, 10, True, "1;\n"),
    ]
    assert [(each.id, each.type, each.properties["mem"]) for each in site.cluster.resources] == [
        (7, "default", 64),
        (3, "licence", None),
    ]
    assert site.queues[0].state == "notActive"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('oar-conf = "no.conf"\n', "there is no file 'no.conf'"),
        ('admission = "none"\n', "there is no folder 'none'"),
        ('[[queue]]\nname = "q"\nstate = "closed"\n', "unknown state 'closed'"),
    ],
)
def test_production_files_that_are_not_there(tmp_path: Path, line: str, words: str) -> None:
    with pytest.raises(ConfigurationFault, match=words):
        load_site(write(tmp_path, HEAD + line))
