"""What is asked for: site, cases, folders — and one clear line for what is not there."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.model.fault import ConfigurationFault, ExitCode, Fault, MachineFault
from harness.model.record import Kind
from harness.run.execute import new_folder
from harness.run.known_folders import read_known
from harness.run.run_request import PROCEDURES, RunRequest, cases_of, check_queues, site_of, wanted
from harness.workload.scenario import Scenario, parse_scenario

DEMO = site_of(RunRequest())


def refused(action: Callable[[], object]) -> str:
    with pytest.raises(Fault) as caught:
        action()
    assert isinstance(caught.value, ConfigurationFault)
    assert caught.value.exit_code == ExitCode.CONFIGURATION
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_demonstration_is_the_default_and_its_release_and_reference_can_be_changed() -> None:
    assert DEMO.debian == "trixie"
    site = site_of(RunRequest(debian="bookworm", reference="oar_meta_sched+kamelot"))
    assert (site.debian, site.reference.id) == ("bookworm", "oar_meta_sched+kamelot")


def test_another_release_of_debian_makes_other_cases() -> None:
    other = RunRequest(debian="bookworm")
    ours = {case.id for case in cases_of(RunRequest(), DEMO)}
    assert ours.isdisjoint(case.id for case in cases_of(other, site_of(other)))


def test_cases_by_kind_and_by_the_beginning_of_their_id() -> None:
    everything = cases_of(RunRequest(), DEMO)
    assert {case.kind for case in everything} == {Kind.PLAN, Kind.LIVE}
    live = cases_of(RunRequest(kinds=("live",)), DEMO)
    assert live == [case for case in everything if case.kind is Kind.LIVE]
    assert cases_of(RunRequest(cases=(everything[-1].id,)), DEMO) == [everything[-1]]
    assert cases_of(RunRequest(cases=(live[0].id,), kinds=("plan",)), DEMO) == []


def test_the_documented_procedures_are_run_where_they_are_asked_for() -> None:
    shipped = cases_of(RunRequest(kinds=("procedure",)), DEMO)
    assert {case.kind for case in shipped} == {Kind.PROCEDURE}
    assert len(shipped) == len(list(PROCEDURES.glob("*.toml"))) > 5
    assert cases_of(RunRequest(cases=(shipped[0].id,)), DEMO) == [shipped[0]], "as the report's own command has it"
    assert {case.scenario.not_for(DEMO.registry.find("kao")) for case in shipped} != {""}, (
        "each is for the combination it activates"
    )


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (RunRequest(debian="trixy"), "--oar2: unknown Debian release 'trixy' — did you mean 'trixie'?"),
        (RunRequest(reference="kao-external+kamelo"), "--reference: unknown combination 'kao-external+kamelo'"),
        (RunRequest(site=Path("nowhere")), "nowhere: there is no site here"),
    ],
)
def test_a_site_that_cannot_be_had(request_: RunRequest, said: str) -> None:
    assert refused(lambda: site_of(request_)).startswith(said)


def test_an_unknown_case_and_an_unknown_kind() -> None:
    last = cases_of(RunRequest(), DEMO)[-1].id
    assert refused(lambda: cases_of(RunRequest(cases=(last[1:],)), DEMO)) == (
        f"--case: there is no case {last[1:]!r} — did you mean {last!r}?"
    )
    assert "did you mean 'live'?" in refused(lambda: cases_of(RunRequest(kinds=("liv",)), DEMO))


def test_every_run_has_a_folder_of_its_own(tmp_path: Path) -> None:
    folders = [new_folder(tmp_path / "not yet there" / "reports") for _ in range(5)]
    assert len(set(folders)) == 5
    for folder in folders:
        assert folder.is_dir()
        assert re.fullmatch(r"\d{8}-\d{6}(-\d+)?", folder.name)
    assert sorted(folder.name for folder in folders)[0] == folders[0].name


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MachineFault, match="cannot write reports: Not a directory — name another folder") as caught:
        new_folder(tmp_path / "file")
    assert caught.value.exit_code == ExitCode.MACHINE


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    with pytest.raises(MachineFault, match="Permission denied"):
        new_folder(tmp_path)


def test_known_differences_are_read_from_every_toml_of_a_folder(tmp_path: Path) -> None:
    assert read_known(()) == ()
    assert read_known([tmp_path]) == ()
    assert "there is no such folder" in refused(lambda: read_known([tmp_path / "nowhere"]))
    (tmp_path / "a.toml").write_bytes(b"\xff\xfe")
    assert str(tmp_path / "a.toml") in refused(lambda: read_known([tmp_path]))
    (tmp_path / "a.toml").write_text("[[known]\n")
    assert str(tmp_path / "a.toml") in refused(lambda: read_known([tmp_path]))


ENTRY = '[[known]]\nid = "KD-1"\ntitle = "t"\nreason = "r"\nowner = "ann"\nexpires = 2027-01-01\n'


def test_an_id_is_given_once_in_all_files_and_folders(tmp_path: Path) -> None:
    for folder in ("here", "there"):
        (tmp_path / folder).mkdir()
    first, second, third = tmp_path / "here" / "a.toml", tmp_path / "here" / "b.toml", tmp_path / "there" / "a.toml"
    first.write_text(ENTRY)
    second.write_text(ENTRY.replace("KD-1", "KD-2"))
    third.write_text(ENTRY.replace("KD-1", "KD-3"))
    folders = [first.parent, third.parent, first.parent]
    assert [entry.id for entry in read_known(folders)] == ["KD-1", "KD-2", "KD-3"]
    for other in (second, third):
        other.write_text(ENTRY)
        said = refused(lambda: read_known(folders))
        assert said.startswith(f"{other}: the id 'KD-1' is taken by {first}")
        other.write_text("")


QUEUE = """
title = "t"
cluster = "1 nodes x 1 cpus x 1 cores"
[[queue]]
name = "night"
priority = 1
scheduler = "{}"
[[job]]
name = "one"
user = "alice"
submit = "oarsub -l core=1 x"
"""


def of_night(scheduler: str = "oar_sched_gantt_with_timesharing") -> Scenario:
    return parse_scenario(QUEUE.format(scheduler), "night.toml", DEMO.defaults)


@pytest.mark.parametrize(
    ("scheduler", "said"),
    [
        (
            "oar_sched_gant",
            "night.toml: [[queue]] 'night': unknown scheduler 'oar_sched_gant' — did you mean 'oar_sched",
        ),
        ("kamelot", "night.toml: [[queue]] 'night': kamelot is OAR3's, and no queue of the site has it — remove it"),
    ],
)
def test_a_scheduler_that_a_scenario_cannot_give_its_queue(scheduler: str, said: str) -> None:
    assert refused(lambda: cases_of(RunRequest(scenarios=(of_night(scheduler),)), DEMO)).startswith(said)


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (
            RunRequest(combinations=("oar_meta_sched+kamelot:defualt",)),
            "--combination: 'oar_meta_sched+kamelot:defualt': there is no queue 'defualt' — did you mean 'default'?",
        ),
        (
            RunRequest(combinations=("kao", "kao-external+kamelot:nigth")),
            "--combination: 'kao-external+kamelot:nigth'",
        ),
        (
            RunRequest(reference="oar_meta_sched+kamelot:x"),
            "--reference: 'oar_meta_sched+kamelot:x': there is no queue",
        ),
    ],
)
def test_a_queue_that_is_nowhere_is_refused(request_: RunRequest, said: str) -> None:
    assert refused(lambda: check_queues(site_of(request_), request_, [of_night()])).startswith(said)


def test_a_queue_of_a_scenario_can_be_named() -> None:
    request = RunRequest(combinations=("kao-external+kamelot:night,default",))
    check_queues(DEMO, request, [of_night()])
    assert "no queue 'night'" in refused(lambda: check_queues(DEMO, request, []))


def test_the_demonstration_has_the_documented_form_of_kamelot_as_a_column() -> None:
    found = wanted(DEMO, RunRequest())
    assert found[-1] == "oar_meta_sched+kamelot:default"
    assert set(found[:-1]) == {each.id for each in DEMO.registry.all()}
    for case in cases_of(RunRequest(kinds=("procedure",)), DEMO):
        whole, documented = (
            case.scenario.not_for(DEMO.registry.find(f"oar_meta_sched+kamelot{queues}"))
            for queues in ("", ":default")
        )
        assert whole == documented, "what is activated for the queue default is tried under that column too"
