from __future__ import annotations

from datetime import UTC, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.model.fault import ConfigurationFault
from harness.oarsub.reservation import Reservation
from harness.oarsub.submission import (
    Submission,
    parse_oarsub,
    with_dependencies,
    with_reservation,
)


def test_a_line_is_split_as_a_shell_does_and_left_alone() -> None:
    line = """oarsub -p "host='node2'" -l /nodes=1,walltime=1:00:00 'sleep 600'"""
    submission = parse_oarsub(line)
    assert submission == Submission(("oarsub", "-p", "host='node2'", "-l", "/nodes=1,walltime=1:00:00", "sleep 600"))
    assert parse_oarsub(submission.line) == submission


@pytest.mark.parametrize(
    "line", ["oarsub --array 3 x", "oarsub --array=3 x", "oarsub x --array 3", "oarsub --arra 3 x"]
)
def test_an_array(line: str) -> None:
    # "--arra" is ambiguous with --array-param-file for Getopt::Long as well.
    if "--arra " in line:
        with pytest.raises(ConfigurationFault, match="knows no option --arra"):
            parse_oarsub(line)
    else:
        assert parse_oarsub(line).array == 3


@pytest.mark.parametrize("number", ["0", "-2", "many", "1.5", "''"])
def test_an_array_of_nothing(number: str) -> None:
    with pytest.raises(ConfigurationFault, match="an array of"):
        parse_oarsub(f"oarsub --array {number} x")


def test_a_parameter_file_counts_its_lines_as_oar_does() -> None:
    files = {"params.txt": "# comment\np100\n\n   \n\"\"\n'a b' c # here\n"}
    assert parse_oarsub("oarsub --array-param-file params.txt ./prog", files=files).array == 3
    with pytest.raises(ConfigurationFault, match=r"'params.txt' is not in \[files\]"):
        parse_oarsub("oarsub --array-param-file params.txt ./prog")


@pytest.mark.parametrize(
    ("value", "reservation"),
    [
        ("+0:10:00", Reservation(600)),
        ("+10 min", Reservation(600)),
        ("now", Reservation(0)),
        ("+0:10:00, +0:30:00", Reservation(600, 1800)),
        ("now,+60", Reservation(0, 60)),
    ],
)
def test_a_reservation(value: str, reservation: Reservation) -> None:
    for line in (f"oarsub -r '{value}'", f"oarsub '-r{value}'", f"oarsub '--reservation={value}' -l core=1 cmd"):
        assert parse_oarsub(line).reservation == reservation


def test_relative_times_become_dates_of_the_servers_zone() -> None:
    argv = parse_oarsub("oarsub -r '+0:10:00, +1:00:00' -l core=1 -t 'deadline=+2:00:00' cmd").argv
    assert with_reservation(argv, 1_700_000_000, UTC) == (
        *("oarsub", "-r", "2023-11-14 22:23:20, 2023-11-14 23:13:20"),
        *("-l", "core=1", "-t", "deadline=2023-11-15 00:13:20", "cmd"),
    )
    glued = parse_oarsub("oarsub '--reservation=+60' cmd").argv
    zone = timezone(timedelta(hours=2))
    assert with_reservation(glued, 1_700_000_000, zone)[1] == "--reservation=2023-11-15 00:14:20"
    now = parse_oarsub("oarsub -r now cmd").argv
    assert with_reservation(now, 1_700_000_000, UTC) == now


def test_dependencies_become_ids() -> None:
    line = "oarsub -a first --anterior=sweep[2] -asecond -t inner=box -t noop -l core=1"
    submission = parse_oarsub(line)
    assert submission.after == ("first", "sweep[2]", "second")
    assert submission.container == "box"
    assert submission.noop
    ids = {"first": 11, "sweep[2]": 22, "second": 33, "box": 44}
    assert with_dependencies(submission.argv, ids) == (
        *("oarsub", "-a", "11", "--anterior=22", "-a33"),
        *("-t", "inner=44", "-t", "noop", "-l", "core=1"),
    )
    with pytest.raises(ConfigurationFault, match=r"no job 'second' was submitted — did you mean"):
        with_dependencies(submission.argv, {"first": 11, "sweep[2]": 22, "secnd": 33})


def test_a_command_is_no_option() -> None:
    submission = parse_oarsub("oarsub -l core=1 -- '-a first'")
    assert submission.after == ()
    assert with_dependencies(submission.argv, {}) == submission.argv


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("", "does not begin with oarsub"),
        ("qsub x", "does not begin with oarsub"),
        ("oarsub 'x", "No closing quotation — close the quotes"),
        ("oarsub", "there is no command"),
        ("oarsub sleep 600", "takes one command, not 2 — write it in quotes"),
        ("oarsub -I -l core=1", "an interactive job needs a terminal"),
        ("oarsub -kI", "an interactive job needs a terminal"),
        ("oarsub --interactive", "an interactive job needs a terminal"),
        ("oarsub -C 42", "-C connects to a running job"),
        ("oarsub --connect=42", "-C connects to a running job"),
        ("oarsub -S ./script.sh", "-S hides options"),
        ("oarsub -J cmd", "--json hides the job id"),
        ("oarsub --resubmit 4", "--resubmit needs a job id"),
        ("oarsub --walltime 1 cmd", "knows no option --walltime"),
        ("oarsub --proprety x cmd", "did you mean 'property'"),
        ("oarsub --re x cmd", "write it out: --resource or --reservation or --resubmit"),
        ("oarsub -z cmd", "knows no option -z"),
        ("oarsub cmd -l", "-l has no value"),
        ("oarsub -a 42 cmd", "no file can know a job id"),
        ("oarsub -a 'first,[0]' cmd", "takes a job and nothing else — write -a first"),
        ("oarsub -r '2030-01-01 00:00:00' cmd", "lies in the past one day"),
        ("oarsub -r '+0:30:00,+0:10:00' cmd", "ends before it starts"),
        ("oarsub -r '+soon' cmd", "cannot read the time of -r"),
        ("oarsub -t 'postpone=2030-01-01' cmd", "lies in the past one day"),
    ],
)
def test_refuses_with_one_clear_line(line: str, complaint: str) -> None:
    with pytest.raises(ConfigurationFault) as caught:
        parse_oarsub(line, where="x.toml:7")
    assert complaint in str(caught.value)
    assert str(caught.value).startswith("x.toml:7: ")
    assert "\n" not in str(caught.value)
    assert caught.value.remedy


@settings(deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=20), max_size=6))
def test_never_anything_but_a_configuration_fault_of_one_line(words: list[str]) -> None:
    complaint = ""
    try:
        submission = parse_oarsub(" ".join(["oarsub", *words]))
    except ConfigurationFault as fault:
        complaint = str(fault)
    else:
        assert parse_oarsub(submission.line) == submission
    assert len(complaint.splitlines()) <= 1
