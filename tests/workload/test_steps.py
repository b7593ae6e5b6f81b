"""The steps of a procedure: what a file may say, and the one line that says what is wrong with it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model.fault import ConfigurationFault
from harness.model.procedure import Accepted
from harness.model.record import Kind
from harness.run.run_request import PROCEDURES
from harness.workload.case_ids import case_id
from harness.workload.scenario import Scenario, load_scenario, parse_scenario
from harness.workload.scenario_dump import dump_scenario
from harness.workload.steps import Step, with_ids

HEAD = 'title = "t"\ncluster = "2 nodes x 1 cpu x 2 cores"\nkinds = ["procedure"]\n'
JOB = '[[job]]\nname = "{0}"\nuser = "alice"\nsubmit = "oarsub -t noop -l core=1 {1}"\n'
JOBS = JOB.format("one", "") + JOB.format("two", "-a one")
STEPS = """
[[step]]
name = "activate"
says = "admin/page.rst"
run = '''
ln -s a b && \\
oarnotify --add-queue default,3,<your-scheduler>
'''
[[step]]
name = "conf"
says = "admin/page.rst"
conf = 'META_SCHED_CMD="kao"'
[[step]]
name = "software"
says = "admin/page.rst"
install = "oar3"
[[step]]
name = "a job"
submit = ["one"]
under = "candidate"
states = { one = "Running" }
within = "2 min"
[[step]]
name = "hold"
says = "manual page oarhold(1)"
run = "oarhold {one} ${HOME}"
[[step]]
name = "the end"
submit = ["two"]
finish = ["all"]
[[leftover]]
what = "package *"
because = "of no use to others"
[[leftover]]
what = "file /etc/oar/x"
because = "rewritten by itself"
how = "changed"
form = "deb"
adaptation = "wheel:*"
"""
TEXT = HEAD + JOBS + STEPS


def test_what_a_procedure_may_say() -> None:
    scenario = parse_scenario(TEXT)
    assert scenario.kinds == (Kind.PROCEDURE,)
    activate, conf, software, job, hold, end = scenario.steps
    assert activate.words == "ln -s a b && \\\noarnotify --add-queue default,3,<your-scheduler>"
    assert conf.words == 'META_SCHED_CMD="kao"'
    assert software.install
    assert job == Step("a job", submit=("one",), under="candidate", states={"one": "Running"}, within=120)
    assert job.words == "submit one; wait for a round of candidate; wait until one is Running"
    assert with_ids(hold.run, {"one": 7}) == "oarhold 7 ${HOME}"
    assert end.finish == ("all",)
    assert scenario.accepted == (
        Accepted("package *", "of no use to others"),
        Accepted("file /etc/oar/x", "rewritten by itself", "changed", "deb", "wheel:*"),
    )
    assert not scenario.installed


def test_a_leftover_may_be_one_of_a_form_or_of_an_adaptation() -> None:
    """The documented procedures named the places of a source tree, and judged a package by them."""
    always, tree, wheel = (
        Accepted("a", "b"),
        Accepted("a", "b", form="tree"),
        Accepted("a", "b", form="deb", adaptation="wheel:*"),
    )
    assert [each.applies("tree", ()) for each in (always, tree, wheel)] == [True, True, False]
    assert [each.applies("deb", ("column:x.y",)) for each in (always, tree, wheel)] == [True, False, False]
    assert [each.applies("deb", ("column:x.y", "wheel:procset")) for each in (always, tree, wheel)] == [
        True,
        False,
        True,
    ]
    assert not wheel.applies("tree", ("wheel:procset",))


@pytest.mark.parametrize("name", ["kamelot", "kao"])
def test_the_documented_procedures_expect_each_form_s_own_places(name: str) -> None:
    accepted = load_scenario(PROCEDURES / f"{name}.toml").accepted

    def places(form: str, *done: str) -> set[str]:
        return {each.what for each in accepted if each.applies(form, done) and each.what.startswith(("file", "col"))}

    both = {"file /usr/lib/oar/*"} | ({"file /usr/lib/oar/schedulers/kamelot"} if name == "kamelot" else set())
    assert places("tree") == {"file /opt/*", "file /usr/local/lib/python3*"} | both
    assert places("deb") == {"file /usr/lib/python3/dist-packages/oar"} | both
    more = {"file /usr/local/lib/python3*", "column jobs.last_karma"}
    assert places("deb", "wheel:procset", "column:jobs.last_karma") == places("deb") | more


def test_it_is_written_out_and_read_again() -> None:
    scenario = parse_scenario(HEAD + "installed = true\n" + JOBS + STEPS)
    assert parse_scenario(dump_scenario(scenario)) == scenario
    assert scenario.installed


words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=20).filter(
    str.strip
)


@given(words, words, words)
def test_whatever_the_words_are(name: str, says: str, run: str) -> None:
    step = Step(name, says, run.replace("{", "x"))
    template = parse_scenario(TEXT)
    last = Step("jobs", submit=("one", "two"))
    steps = (step, last) if name != "jobs" else (last,)
    scenario = Scenario(
        "t",
        template.cluster,
        template.jobs,
        (Kind.PROCEDURE,),
        expect={"valid": True},
        steps=steps,
        accepted=(Accepted(name, says),),
    )
    assert parse_scenario(dump_scenario(scenario)) == scenario


def test_another_step_makes_another_case_and_an_accepted_leftover_does_not() -> None:
    first = case_id(parse_scenario(TEXT), Kind.PROCEDURE)
    assert case_id(parse_scenario(TEXT.replace("ln -s a b", "ln -s a c")), Kind.PROCEDURE) != first
    assert case_id(parse_scenario(TEXT.replace("of no use to others", "whatever")), Kind.PROCEDURE) == first


@pytest.mark.parametrize(
    ("old", "new", "said", "at"),
    [
        ('kinds = ["procedure"]', 'kinds = ["procedure", "plan"]', "a procedure is of no other kind", "kinds"),
        ('kinds = ["procedure"]', 'kinds = ["plan"]', "step belongs to a procedure", "[[step]]"),
        (STEPS, "", "a procedure without steps", "kinds"),
        ('says = "admin/page.rst"\nrun', "run", "[[step]] 'activate': says is missing", "[[step]]"),
        ("conf = 'META_SCHED_CMD=\"kao\"'", "conf = 'META_SCHED_CMD'", "is no line of oar.conf", "conf = "),
        ("conf = 'META_SCHED_CMD=\"kao\"'", "conf = '# nothing'", "no key is set", "conf = "),
        ("conf = 'META_SCHED_CMD=\"kao\"'", 'conf = "A=1"\nrun = "x"', "run and conf in one step", 'run = "x"'),
        ('install = "oar3"', 'install = "oar2"', "cannot install 'oar2'", "install"),
        ('install = "oar3"', "", "it does nothing", "[[step]]"),
        ('name = "conf"', 'name = "activate"', "there are two steps of that name", "name"),
        ('submit = ["one"]', 'submit = ["won"]', "there is no job 'won'", "submit"),
        ('submit = ["two"]', 'submit = ["one", "two"]', "one was submitted by an earlier step", "submit"),
        ('submit = ["two"]', "", "two is submitted by no step", "[[job]]"),
        ('submit = ["one"]', 'submit = ["two"]', "two needs one, which is not submitted yet", "submit"),
        ('{ one = "Running" }', '{ one = "running" }', "one cannot be 'running'", "states"),
        ('{ one = "Running" }', '{ two = "Running" }', "two: no such job was submitted yet", "states"),
        ("oarhold {one}", "oarhold {two}", "two: no such job was submitted yet", "run = "),
        ('how = "changed"', 'how = "moved"', "how is 'moved'", "how"),
        ('form = "deb"', 'form = "rpm"', "form is 'rpm'", "form"),
        ('because = "of no use to others"', "", "because is missing", "[[leftover]]"),
        ('name = "two"', 'name = "two"\nat = 5', "at, runtime, started and on have no meaning here", "[[job]]"),
    ],
)
def test_faults_are_one_line_with_their_place(old: str, new: str, said: str, at: str) -> None:
    assert old in TEXT
    text = TEXT.replace(old, new, 1)
    with pytest.raises(ConfigurationFault) as caught:
        parse_scenario(text, "p.toml")
    fault = str(caught.value)
    assert said in fault
    assert "\n" not in fault
    name, number, _ = fault.split(":", 2)
    assert name == "p.toml"
    assert at in text.splitlines()[int(number) - 1], fault
