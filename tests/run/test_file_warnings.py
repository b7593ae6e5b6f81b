"""What of a site's and its scenarios' files is probably not meant so."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.model.fault import ConfigurationFault
from harness.run.file_warnings import warnings_of
from harness.run.run_request import RunRequest, cases_of, site_of

SITE = 'title = "t"\ncluster = "2 nodes x 1 cpus x 2 cores"\n'
JOB = "[[job]]\nname = 'one'\nuser = 'alice'\nsubmit = 'oarsub -l /nodes=1 \"sleep 9\"'\n"


def told(folder: Path, scenario: str, site: str = "") -> tuple[str, ...]:
    (folder / "scenarios").mkdir()
    (folder / "site.toml").write_text(SITE + site)
    (folder / "scenarios" / "a.toml").write_text('title = "a"\n' + scenario)
    request = RunRequest(site=folder)
    known = site_of(request)
    return warnings_of(known, cases_of(request, known))


@pytest.mark.parametrize(
    ("head", "warning"),
    [
        ("only = ['kaoo']\n", "a.toml: only: 'kaoo' is for no combination — did you mean 'kao'?"),
        ("only = ['kao', '*+kamelot', 'oar_meta_sched+kamelot:default', '*:default', '*:*']\n", ""),
        ("[not-applicable]\n'*+camelot' = 'x'\n", "a.toml: [not-applicable]: '*+camelot' is for no combination — "),
        ("[not-applicable]\n'kao* on bookworm' = 'x'\n'*' = 'y'\n", ""),
    ],
)
def test_patterns_that_fit_no_combination(tmp_path: Path, head: str, warning: str) -> None:
    found = told(tmp_path, head + JOB)
    assert len(found) == bool(warning)
    assert all(each.startswith(warning) for each in found)


def test_warnings_have_no_folders_of_this_machine_and_are_told_once(tmp_path: Path) -> None:
    found = told(tmp_path, "kinds = ['plan', 'live']\n" + JOB + "[conf]\nMY_KEY = '1'\n", "[conf]\nMY_KEY = '2'\n")
    assert [each.partition(" [conf] ")[0] for each in found] == ["site.toml:4:", "a.toml:8:"]


def test_a_reference_that_oar_conf_contradicts(tmp_path: Path) -> None:
    site = "reference = 'oar_meta_sched+kamelot'\n[conf]\nMETA_SCHED_CMD = 'kao'\n"
    (found,) = told(tmp_path, JOB, site)
    assert found.startswith(
        "site.toml:3: the reference is oar_meta_sched+kamelot, though META_SCHED_CMD in [conf] says kao"
    )


def test_a_reference_that_oar_conf_names_too(tmp_path: Path) -> None:
    site = "reference = 'oar_meta_sched+kamelot'\n[conf]\nMETA_SCHED_CMD = '/usr/lib/oar/oar_meta_sched'\n"
    assert told(tmp_path, JOB, site) == ()


def test_a_queue_of_an_unknown_scheduler_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationFault, match="unknown scheduler 'kamlot' — did you mean 'kamelot'") as fault:
        told(tmp_path, JOB + "[[queue]]\nname = 'night'\nscheduler = 'kamlot'\n")
    assert fault.value.where.endswith("a.toml")


def test_a_mistyped_mode_of_kao_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationFault, match="unknown mode 'externl' of kao — did you mean 'external'"):
        told(tmp_path, JOB, "[conf]\nMETA_SCHED_CMD = 'kao'\nMETASCHEDULER_MODE = 'externl'\n")


def test_a_metascheduler_of_ones_own_is_known_by_its_path(tmp_path: Path) -> None:
    own = "[conf]\nMETA_SCHED_CMD = '/opt/ours/meta'\n[[metascheduler]]\nname = 'ours'\ncommand = '/opt/ours/meta'\n"
    assert told(tmp_path, JOB, own) == ()
