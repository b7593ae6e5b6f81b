"""What is beyond bounds is refused before it is expanded, in one line of a length that can be read."""

from __future__ import annotations

import subprocess
import sys

import pytest

from harness.compare.known.known_file import parse_known
from harness.model import bounds, codec
from harness.model.cluster import parse_cluster
from harness.model.fault import ConfigurationFault, Fault
from harness.model.patterns import trouble_of
from harness.model.record import Observation
from harness.model.toml_reading import NotToml, loads
from harness.workload.quota_file import parse_quotas
from harness.workload.scenario import parse_scenario

JOB = '[[job]]\nname = "one"\nuser = "alice"\nsubmit = "oarsub -l core=1 cmd"\n'
PLAIN = 'title = "t"\ncluster = "1 node"\n'


def told(text: str) -> str:
    with pytest.raises(ConfigurationFault) as caught:
        parse_scenario(text, "s.toml")
    line = str(caught.value)
    assert line.startswith("s.toml")
    assert "\n" not in line
    assert len(line) < 3 * bounds.SHOWN
    return line


def job(**keys: str) -> str:
    return JOB + "".join(f"{key} = {value}\n" for key, value in keys.items())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('title = "t"\ncluster = "1000000000 nodes"\n' + JOB, "a cluster of 1,000,000,000 resources"),
        (
            'title = "t"\ncluster = "9999 nodes x 999 cpus x 999 cores"\n' + JOB,
            "describe at most 200,000",
        ),
        (f'title = "t"\ncluster = "{"9" * 5000} nodes"\n' + JOB, "cannot read the cluster"),
        ('title = "t"\n[[cluster.node]]\ncount = 1000000000\n' + JOB, "a cluster of 1,000,000,000 resources"),
        ('title = "t"\n[[cluster.node]]\ncpus = 99999\ncores = 99999\n' + JOB, "a cluster of 9,999,800,001"),
        ('title = "t"\n[[cluster.resource]]\nnode = "n"\ncount = 2000000000\n' + JOB, "a cluster of 2,000,000,000"),
        ('title = "t"\n[[cluster.resource]]\nnode = "n"\nid = 99999999999\n' + JOB, "id is 99999999999"),
        ('title = "t"\n[[cluster.node]]\nproperties.mem = 99999999999\n' + JOB, "property mem is 99999999999"),
        (f'title = "t"\n[[cluster.node]]\nproperties.a = "{"x" * 300}"\n' + JOB, "300 characters long"),
        (PLAIN + JOB.replace("oarsub", "oarsub --array 1000000000"), "an array of 1000000000 jobs"),
        (PLAIN + JOB.replace("oarsub", f"oarsub --array {'9' * 5000}"), "jobs — write at most 100,000"),
        (PLAIN + job(on='"1-99999999999"', started="1"), "no cluster has so many"),
        (PLAIN + job(on='"1-100000000"', started="1"), "no cluster has so many"),
        (PLAIN + job(on=f'"{"9" * 5000}"', started="1"), "on is"),
        (PLAIN + job(on='"2-100"', started="1"), "holds resource 2, which the cluster has not"),
        (PLAIN + job(at="9" * 5000), "this is not TOML"),
        (PLAIN + job(at=f'"{"9" * 5000}"'), "cannot read the at"),
        (PLAIN + job(at="99999999999"), "at most 315360000 s, which is ten years"),
        (PLAIN + job(at='"9999999 h"'), "ten years"),
        (PLAIN + job(at="99999999999999999999"), "more than 64 bits"),
        (PLAIN + JOB.replace("oarsub", "oarsub -r +99999999999"), "ten years"),
        (PLAIN + '[[queue]]\nname = "q"\npriority = 99999999999\n' + JOB, "priority is 99999999999"),
        (PLAIN + "tolerance = 99999999999\n" + JOB, "ten years"),
        (PLAIN + '[[quota]]\nqueue = "default"\nresources = 99999999999\n' + JOB, "resources is 99999999999"),
        (PLAIN + '[[quota]]\nqueue = "default"\nhours = 1e300\n' + JOB, "hours is 1e+300"),
        (PLAIN + 'admission = ["a\\u0000b"]\n' + JOB, "holds the sign NUL"),
        (PLAIN + f"admission = {'[' * 100_000}\n" + JOB, "brackets within brackets"),
        (PLAIN + f"a{'.a' * 100_000} = 1\n" + JOB, "a key of more than 40 parts"),
        (PLAIN + f"conf = {'{a=' * 60}1{'}' * 60}\n" + JOB, "nested more than 40 deep"),
        (PLAIN + f'kinds = "{"x" * 1_000_000}"\n' + JOB, "(1,000,0"),
        (PLAIN + JOB + '[expect]\none.message = "(a+)+$"\n', "may take for ever"),
        (PLAIN + JOB + f'[expect]\none.message = "{"(" * 1500}"\n', "no regular expression"),
        (PLAIN + JOB + '[expect]\none.message = "a{99999999999}"\n', "no regular expression"),
    ],
)
def test_what_nobody_has_is_refused(text: str, said: str) -> None:
    assert said in told(text)


def test_a_run_of_all_of_them_stays_small() -> None:
    """The three sizes that once took 2.5, 6.9 and 7 GB, in a process that may have 600 MB."""
    code = f"""
import resource
resource.setrlimit(resource.RLIMIT_AS, (600 << 20, 600 << 20))
from harness.model.fault import ConfigurationFault
from harness.workload.scenario import parse_scenario
texts = [
    {'title = "t"' + chr(10) + 'cluster = "1000000000 nodes"' + chr(10) + JOB!r},
    {PLAIN + JOB.replace("oarsub", "oarsub --array 1000000000")!r},
    {PLAIN + job(on='"1-100000000"', started="1")!r},
]
for text in texts:
    try:
        parse_scenario(text)
    except ConfigurationFault:
        continue
    raise SystemExit(text)
"""
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "a = " + "[" * 100_000, "a = " + "1" * 5000, "a." * 500_000 + "a = 1"]
)
def test_no_toml_is_one_fault(text: str) -> None:
    with pytest.raises(NotToml) as caught:
        loads(text)
    assert caught.value.what


def test_known_differences_are_bounded_the_same_way() -> None:
    for text in ("[" * 100_000, "a = " + "9" * 5000, 'known = "a\\u0000b"'):
        with pytest.raises(ConfigurationFault):
            parse_known(text, "k.toml")


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 100_000,
        b'{"combination": ' + b"[" * 100_000,
        b'{"combination": "kao", "seconds": 1e300}',
        b'{"combination": "kao", "schedule": {"fates": {"a": {"state": "Waiting", "placement": '
        b'{"start": 99999999999999, "stop": 2, "moldable": 0, "resources": "1"}}}}}',
        b'{"combination": "kao", "schedule": {"fates": {"a": {"state": "Waiting", "placement": '
        b'{"start": 1, "stop": 2, "moldable": 0, "resources": "1-2000000000"}}}}}',
    ],
)
def test_a_history_beyond_all_bounds_is_refused(data: bytes) -> None:
    with pytest.raises(ConfigurationFault) as caught:
        codec.loads(data, Observation, where="kao.json")
    assert "\n" not in str(caught.value)


def test_long_numbers_in_texts_of_a_history_are_no_numbers() -> None:
    seen = Observation("kao", proof=("at 99999999999999999999 it began", "sha 1e999"))
    assert codec.loads(codec.dumps(seen), Observation) == seen


def test_quotas_of_nothing_but_semicolons_take_no_time() -> None:
    assert parse_quotas(";" * 1_000_000) == ()
    with pytest.raises(ConfigurationFault, match="beyond all numbers"):
        parse_quotas("$Gantt_quotas->{'*'}->{'*'}->{'*'}->{'*'} = 999999999999;")


@pytest.mark.parametrize(
    ("pattern", "good"),
    [
        ("(a+)+$", False),
        ("(a|ab)*$", False),
        ("(?:a?){50}a{50}", False),
        ("([ab]{2,3})*", False),
        ("(\\d+, )?done", True),
        (r"'R=\S+( \(.*\))?', 'T=\S+', '\d+:\d+:\d+'", True),
        ("(?s)Running.*Waiting|Hold", True),
        ("(?:ab){3}", True),
        ("(a{1,3}){2}", True),
        ("x" * 3000, False),
        ("(", False),
    ],
)
def test_patterns_that_may_take_for_ever(pattern: str, good: bool) -> None:
    assert (trouble_of(pattern) == "") is good


def test_a_fault_is_one_readable_line_whatever_it_holds() -> None:
    fault = Fault("a\nb\x1b[31m" + "x" * 1_000_000, where="w\r\nx", remedy="\x00")
    assert "\n" not in str(fault)
    assert "\x1b" not in str(fault)
    assert len(str(fault)) < 2 * bounds.SHOWN
    assert bounds.shortened("abc", 3) == "abc"


def test_the_largest_cluster_that_is_taken() -> None:
    assert len(parse_cluster(f"{bounds.RESOURCES} nodes").resources) == bounds.RESOURCES
