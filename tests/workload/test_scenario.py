from __future__ import annotations

from pathlib import Path

import pytest

from harness.model.cluster import parse_cluster
from harness.model.combination import KAMELOT, Combination, Metascheduler
from harness.model.fault import ConfigurationFault
from harness.model.record import Kind
from harness.model.registry import Registry
from harness.workload.scenario import Defaults, Queue, load_scenario, parse_scenario

ROOT = Path(__file__).resolve().parents[2]
HEAD = 'title = "t"\ncluster = "2 nodes x 1 cpu x 2 cores"\n'
JOB = '[[job]]\nname = "one"\nuser = "alice"\nsubmit = "oarsub -l core=1 cmd"\n'
SWEEP = '[[job]]\nname = "sweep"\nuser = "alice"\nsubmit = "oarsub --array 3 cmd"\n'

SHIPPED = sorted([*(ROOT / "scenarios").rglob("*.toml"), *(ROOT / "fixtures" / "sites").rglob("scenarios/*.toml")])


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_scenario_can_be_read(path: Path) -> None:
    scenario = load_scenario(path)
    assert "valid" in scenario.expect
    flood = sum(len(job.names) for job in scenario.jobs) >= 100
    found = path.parent.name in ("fuzz", "procedures")  # what it shows is the difference, or the invariants
    assert flood or found or len(scenario.expect) > 1, "an assertion of its own"


def test_the_one_of_the_design() -> None:
    scenario = parse_scenario(
        """
        title = "a short job fills the hole before a wide one"
        cluster = "4 nodes x 2 cpus x 4 cores"
        [conf]
        SCHEDULER_JOB_SECURITY_TIME = "60"
        [[job]]
        name = "wide"
        user = "alice"
        submit = "oarsub -l /nodes=4,walltime=1:00:00 'sleep 600'"
        at = "0:00:10"
        runtime = "0:10:00"
        [[job]]
        name = "short"
        user = "bob"
        submit = "oarsub -l /nodes=1 'sleep 600'"
        [expect]
        valid = true
        wide.starts-after = "short"
        """
    )
    assert [job.name for job in scenario.jobs] == ["short", "wide"], "in the order of submission"
    wide = scenario.jobs[1]
    assert (wide.at, wide.runtime, wide.user) == (10, 600, "alice")
    assert wide.submission.argv == ("oarsub", "-l", "/nodes=4,walltime=1:00:00", "sleep 600")
    assert scenario.kinds == (Kind.PLAN,)
    assert scenario.conf == {"SCHEDULER_JOB_SECURITY_TIME": "60"}
    assert scenario.expect == {"valid": True, "wide": {"starts-after": "short"}}
    assert scenario.users == ("bob", "alice")


def test_everything_else_a_file_may_say() -> None:
    scenario = parse_scenario(
        HEAD.replace('"2 nodes x 1 cpu x 2 cores"', '"heterogeneous.toml"')
        + """
        kinds = ["live", "plan"]
        tolerance = "2 min"
        admission = "$queue_name = 'default';"
        only = ["kao*", "oar_meta_sched+*"]
        [not-applicable]
        "kao" = "decides by itself"
        [files]
        "params.txt" = "a\\nb\\n"
        [[queue]]
        name = "night"
        priority = 5
        [[job]]
        name = "sweep"
        user = "alice"
        submit = "oarsub --array-param-file params.txt ./prog"
        [expect."sweep[2]"]
        starts-within = "0:10:00"
        on-nodes = "fat1"
        nodes = 1
        """
    )
    assert scenario.kinds == (Kind.PLAN, Kind.LIVE)
    assert scenario.tolerance == 120
    assert scenario.admission == ("$queue_name = 'default';",)
    assert scenario.queues == (Queue("night", 5),)
    assert scenario.jobs[0].names == ("sweep[1]", "sweep[2]")
    assert scenario.expect == {"sweep[2]": {"starts-at-most": 600, "on": ["fat1"], "nodes": 1}}
    assert scenario.not_for(Registry().find("kao")) == "decides by itself"
    assert scenario.not_for(Registry().find("kao-external+kamelot")) == ""
    assert (
        scenario.not_for(Combination(Metascheduler("other", "other"), KAMELOT)) == "only for kao*, oar_meta_sched+*"
    )


def test_what_is_not_for_one_release_is_for_the_other() -> None:
    scenario = parse_scenario(
        """
        title = "t"
        cluster = "1 nodes x 1 cpus x 1 cores"
        [not-applicable]
        "* on bookworm" = "not in 2.5.9"
        "kao" = "decides by itself"
        [[job]]
        name = "one"
        user = "alice"
        submit = "oarsub -l nodes=1 x"
        """
    )
    assert scenario.on("bookworm").not_for(Registry().find("oar_meta_sched+kamelot")) == "not in 2.5.9"
    assert scenario.on("trixie").not_for(Registry().find("oar_meta_sched+kamelot")) == ""
    assert {scenario.on(release).not_for(Registry().find("kao")) for release in ("trixie", "bookworm")} >= {
        "decides by itself"
    }
    assert scenario.on("trixie").on("trixie") == scenario.on("trixie")


def test_every_word_of_an_assertion() -> None:
    scenario = parse_scenario(
        HEAD
        + JOB
        + SWEEP
        + """
        [expect]
        valid = false
        sweep.starts-after = ["one", "sweep[1]"]
        one.starts-before = "sweep"
        one.starts-with = "one"
        one.ends-before-start-of = ["sweep"]
        "sweep[2]".starts-after-end-of = "one"
        one.starts-at-least = 5
        one.starts-at-most = "1 min"
        one.lasts = "2:00:00"
        one.on = "node1"
        one.not-on = ["node2"]
        one.placed = true
        one.message = "no enough .* resources"
        one.state = ["Waiting", "Running"]
        """
    )
    assert scenario.expect == {
        "valid": False,
        "sweep": {"starts-after": ["one", "sweep[1]"]},
        "sweep[2]": {"starts-after-end-of": "one"},
        "one": {
            "starts-before": "sweep",
            "starts-with": "one",
            "ends-before-start-of": "sweep",
            "starts-at-least": 5,
            "starts-at-most": 60,
            "lasts": 7200,
            "on": ["node1"],
            "not-on": ["node2"],
            "placed": True,
            "message": "no enough .* resources",
            "state": ["Waiting", "Running"],
        },
    }


def test_a_site_gives_what_a_scenario_leaves_out() -> None:
    cluster = parse_cluster("3 nodes")
    defaults = Defaults(cluster, {"A": "1", "B": "2"}, (Queue("default", 2),), 30)
    scenario = parse_scenario('title = "t"\n[conf]\nB = "3"\n' + JOB, defaults=defaults)
    assert scenario.cluster == cluster
    assert scenario.conf == {"A": "1", "B": "3"}
    assert scenario.queues == (Queue("default", 2),)
    assert scenario.tolerance == 30
    own = parse_scenario(HEAD + "tolerance = 5\n" + JOB, defaults=defaults)
    assert own.tolerance == 5
    assert own.cluster == parse_cluster("2 nodes x 1 cpu x 2 cores")


def test_dependencies_by_name() -> None:
    text = HEAD + SWEEP + JOB.replace("oarsub", "oarsub -a 'sweep[2]' -t inner='sweep[1]'")
    assert parse_scenario(text).jobs[1].submission.after == ("sweep[2]",)


def test_a_cluster_file_beside_the_scenario_comes_first(tmp_path: Path) -> None:
    (tmp_path / "demo.toml").write_text('shape = "1 node"\n')
    (tmp_path / "case.toml").write_text('title = "t"\ncluster = "demo.toml"\n' + JOB)
    assert len(load_scenario(tmp_path / "case.toml").cluster.resources) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "s.toml:1: title is missing — add title = "),
        ('title = "  "', "s.toml:1: title is empty"),
        ("title = 5", "s.toml:1: title is 5 — write for example title = "),
        ('title = "t"\n' + JOB, "s.toml:1: cluster is missing"),
        (
            'title = "t"\ncluster = "4 knots"\n' + JOB,
            "s.toml:2: cannot read the cluster '4 knots' — write for example",
        ),
        ('title = "t"\ncluster = "dmo.toml"\n' + JOB, "s.toml:2: there is no cluster file 'dmo.toml' — did you mean"),
        ('title = "t"\ncluster = "x\n', "s.toml:2: this is not TOML: "),
        ('title = "t"\ntitle = "u"\n', "s.toml:2: this is not TOML: "),
        ("title = [", "s.toml:1: this is not TOML: "),
        (HEAD, "s.toml:1: there is no job — add a [[job]]"),
        (HEAD + "tolerence = 5\n" + JOB, "s.toml:3: unknown key 'tolerence' — did you mean 'tolerance'?"),
        (HEAD + JOB + "runtme = 5\n", "s.toml:7: [[job]] 'one': unknown key 'runtme' — did you mean 'runtime'?"),
        (HEAD + JOB + "runtime = 0\n", "s.toml:7: [[job]] 'one': runtime is 0 — leave it out"),
        (HEAD + JOB + "at = '1:30'\n", "s.toml:7: [[job]] 'one': at '1:30' could mean hours or minutes — write"),
        (HEAD + JOB + "at = 1.5\n", "s.toml:7: [[job]] 'one': cannot read the at 1.5 — write for example"),
        (HEAD + JOB + JOB, "s.toml:8: [[job]] 'one': there are two jobs of that name — the other is at s.toml:3"),
        (HEAD + JOB.replace('"one"', '"1st"'), "s.toml:4: [[job]] '1st': '1st' cannot name a job — begin with"),
        (HEAD + JOB.replace('"one"', '"valid"'), "s.toml:4: [[job]] 'valid': 'valid' is a word of [expect]"),
        (HEAD + JOB.replace('name = "one"\n', ""), "s.toml:3: [[job]] 1: name is missing"),
        (HEAD + JOB.replace("alice", "Al ice"), "s.toml:5: [[job]] 'one': 'Al ice' cannot name a user — use small"),
        (HEAD + JOB.replace("alice", "root"), "s.toml:5: [[job]] 'one': root may not submit jobs (an admission rule"),
        (
            HEAD + JOB.replace("oarsub", "oarsub -I"),
            "s.toml:6: [[job]] 'one': an interactive job needs a terminal — ",
        ),
        (HEAD + JOB.replace("oarsub", "oarsub -a two"), "[[job]] 'one': -a two: there is no such job — "),
        (
            HEAD + JOB.replace("oarsub", "oarsub -a one"),
            "[[job]] 'one': -a one: that job is submitted later — submit",
        ),
        (HEAD + JOB.replace("oarsub", "oarsub -a sweep") + SWEEP, "-a sweep: that job is submitted later"),
        (
            HEAD + SWEEP + "at = 9\n" + JOB.replace("oarsub", "oarsub -a sweep"),
            "-a sweep: that job is submitted later",
        ),
        (HEAD + SWEEP + JOB.replace("oarsub", "oarsub -a sweep"), "name one of its elements, sweep[1] to sweep[3]"),
        (
            HEAD + SWEEP + JOB.replace("oarsub", "oarsub -t inner='sweep[4]'"),
            "-t inner= sweep[4]: there is no such job",
        ),
        (HEAD + "[conf]\nX = 60\n" + JOB, 's.toml:4: [conf] X is 60 — write it as a string: X = "60"'),
        (HEAD + "[conf]\nx = '60'\n" + JOB, "s.toml:4: [conf] 'x' is no key of oar.conf — write X"),
        (HEAD + "[conf]\nX = 'a\"b'\n" + JOB, "s.toml:4: [conf] X holds a quote"),
        (HEAD + "conf = 5\n" + JOB, "s.toml:3: conf is 5 — make it a table: [conf]"),
        (HEAD + "job = 5\n", "s.toml:3: job is 5 — make it a list of tables: [[job]]"),
        (HEAD + "kinds = ['plann']\n" + JOB, "s.toml:3: a scenario cannot be run as 'plann' — did you mean 'plan'?"),
        (HEAD + "kinds = []\n" + JOB, "s.toml:3: kinds is empty"),
        (HEAD + "only = 5\n" + JOB, "s.toml:3: only is 5 — write for example only = ["),
        (HEAD + "[[queue]]\nname = 'a b'\n" + JOB, "s.toml:4: [[queue]] 'a b': 'a b' cannot name a queue"),
        (
            HEAD + "[[queue]]\nname = 'a'\n[[queue]]\nname = 'a'\n" + JOB,
            "s.toml:6: [[queue]] 'a': there are two queues",
        ),
        (HEAD + "[files]\n'../x' = ''\n" + JOB, "s.toml:4: [files] '../x' is no plain file name"),
        (HEAD + "[not-applicable]\nkao = ' '\n" + JOB, "s.toml:4: [not-applicable] 'kao' has no reason — say why"),
        (
            HEAD + "[not-applicable]\n'* on bokworm' = 'old'\n" + JOB,
            "s.toml:4: [not-applicable] '* on bokworm': unknown Debian release 'bokworm' — did you mean 'bookworm'?",
        ),
        (HEAD + JOB + "[expect]\nvalid = 1\n", "s.toml:8: [expect]: valid is 1 — write for example valid = true"),
        (
            HEAD + JOB + "[expect]\nonce.state = 'x'\n",
            "s.toml:8: [expect]: there is no job 'once' — did you",
        ),
        (HEAD + JOB + "[expect]\none = 5\n", "s.toml:8: [expect]: one is 5 — write for example one.starts-after"),
        (HEAD + JOB + "[expect]\none.starts = 'x'\n", "s.toml:8: [expect] one: unknown key 'starts' — did you mean"),
        (
            HEAD + JOB + "[expect]\none.starts-after = 'x'\n",
            "s.toml:8: [expect] one: starts-after: there is no job",
        ),
        (HEAD + JOB + "[expect]\none.starts-after = 'one'\n", "starts-after names the job itself"),
        (HEAD + JOB + "[expect]\none.starts-after = []\n", "starts-after is empty — name a job"),
        (HEAD + JOB + "[expect]\none.state = 'Wating'\n", "there is no state 'Wating' — did you mean 'Waiting'?"),
        (HEAD + JOB + "[expect]\none.on-nodes = ['node3']\n", "there is no node 'node3' — did you mean 'node2'?"),
        (HEAD + JOB + "[expect]\none.nodes = 'two'\n", "[expect] one: nodes is 'two' — write for example nodes = 0"),
        (HEAD + JOB + "[expect]\none.starts-within = 'soon'\n", "[expect] one: starts-within 'soon' — write for"),
        (HEAD + JOB + "[expect]\none.on = 'node1'\none.on-nodes = 'node1'\n", "on-nodes and on mean the same"),
        (HEAD + JOB + "[expect]\none.message = '('\n", "s.toml:8: [expect] one: message is no regular expression"),
        (HEAD + SWEEP + "[expect]\n'sweep[4]'.nodes = 1\n", "there is no job 'sweep[4]' — did you mean 'sweep[3]'?"),
        (HEAD + SWEEP + "[expect]\n'sweep[1]' = 1\n", 'write for example "sweep[1]".starts-after'),
    ],
)
def test_refuses_with_one_clear_line(text: str, message: str) -> None:
    with pytest.raises(ConfigurationFault) as caught:
        parse_scenario(text, "s.toml")
    line = str(caught.value)
    assert message in line
    assert line.startswith("s.toml:")
    assert "\n" not in line
    assert caught.value.remedy


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationFault, match="No such file or directory — check the path"):
        load_scenario(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b'title = "\xe9"')
    with pytest.raises(ConfigurationFault, match="it is not UTF-8"):
        load_scenario(tmp_path / "latin.toml")


RUNNING = """
title = "one runs"
cluster = "1 nodes x 1 cpus x 4 cores"
[[job]]
name = "old"
user = "alice"
submit = "oarsub -l core=2 x"
at = "0:00:05"
{lines}
"""


def test_a_job_that_runs_holds_resources() -> None:
    scenario = parse_scenario(RUNNING.format(lines='started = "0:00:10"\non = "1-2, 4"'))
    assert scenario.jobs[0].started == 10
    assert scenario.jobs[0].on == (1, 2, 4)


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        ('started = "0:00:10"', "started on no resources"),
        ('on = "1"', "has not started"),
        ('started = "0:00:01"\non = "1"', "before it was submitted"),
        ('started = "0:00:10"\non = "4-1"', "on is '4-1'"),
        ('started = "0:00:10"\non = "one"', "on is 'one'"),
        ('started = "0:00:10"\non = "9"', "which the cluster has not"),
    ],
)
def test_what_a_running_job_cannot_be(lines: str, what: str) -> None:
    with pytest.raises(ConfigurationFault, match=what):
        parse_scenario(RUNNING.format(lines=lines))


def test_a_live_case_cannot_begin_with_running_jobs() -> None:
    text = 'kinds = ["live"]\n' + RUNNING.format(lines='started = "0:00:10"\non = "1"')
    with pytest.raises(ConfigurationFault, match="no live case"):
        parse_scenario(text)


def test_a_reservation_does_not_start_before_its_time() -> None:
    lines = "title = 't'\ncluster = '1 nodes'\n[[job]]\nname = 'a'\nuser = 'alice'\non = '1'\nat = '0:00:10'\n"
    submit = "submit = \"oarsub -r '+0:10:00' x\"\n"
    assert parse_scenario(f"{lines}{submit}started = '0:10:10'").jobs[0].started == 610
    with pytest.raises(ConfigurationFault, match="before its time"):
        parse_scenario(f"{lines}{submit}started = '0:10:09'")
