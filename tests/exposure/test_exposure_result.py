"""What a site is told of each departure: nothing is cleared that its configuration does not rule out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from harness.exposure.departure_conditions import Conditioned
from harness.exposure.exposed_site import read_site
from harness.exposure.exposure_report import ExposureReport
from harness.exposure.exposure_result import DepartureExposure, Exposure, expose
from harness.exposure.holding import refusals
from harness.exposure.scenario_jobs import surroundings_of
from harness.exposure.site_history import HistoryFound, SiteHistory
from harness.workload.scenario import load_scenario
from tests.exposure.histories import MadeJob, write_history, write_site
from tests.exposure.test_departure_conditions import COLUMNS, TOLD
from tests.exposure.test_site_history import ALL, LABELS, look


def told(tmp_path: Path, conf: dict[str, str] | None, name: str, more: str = "", **site: str) -> DepartureExposure:
    folder = write_site(tmp_path / "site", conf, more, **site)
    write_history(folder, [MadeJob(1)])
    return look(folder)[0][name]


@pytest.mark.parametrize("entry", TOLD, ids=lambda entry: entry.id)
def test_no_scenario_that_shows_a_departure_is_a_site_where_it_cannot_happen(
    tmp_path: Path, entry: Conditioned
) -> None:
    site = read_site(write_site(tmp_path / "site", LABELS))
    for name in entry.departure.scenarios:
        scenario = load_scenario(Path(__file__).resolve().parents[2] / "scenarios" / f"{name}.toml")
        here = surroundings_of(scenario, COLUMNS, "bookworm" if any(w.debian for w in entry.when) else "trixie")
        (shown,) = expose(replace(site, here=here), [entry], HistoryFound())
        assert shown.exposure is not Exposure.IMPOSSIBLE, name


@pytest.mark.parametrize(
    ("conf", "name", "exposure", "why"),
    [
        ({"WALLTIME_CHANGE_ENABLED": "yes"}, "D-TIME-03", Exposure.SITE, ""),
        ({"WALLTIME_CHANGE_ENABLED": "no"}, "D-TIME-03", Exposure.IMPOSSIBLE, 'WALLTIME_CHANGE_ENABLED is "no"'),
        ({}, "D-TIME-03", Exposure.IMPOSSIBLE, "WALLTIME_CHANGE_ENABLED is not set"),
        (None, "D-TIME-03", Exposure.UNTOLD, "did not come along"),
        ({"WALLTIME_CHANGE_ENABLED": "YES"}, "D-TIME-03", Exposure.SITE, ""),
        ({"SCHEDULER_NODE_MANAGER_WAKE_UP_CMD": ""}, "D-STATE-03", Exposure.NOT_ASKED, "no resource is Absent"),
        ({}, "D-REQUESTS-09", Exposure.NOT_ASKED, ""),
        ({}, "D-ORDER-01", Exposure.UNTOLD, "not seen: without targets"),
        ({}, "D-STATE-01", Exposure.NOT_ASKED, ""),
        ({}, "D-LIVE-31", Exposure.NOT_ASKED, "no resource is Alive:0"),
        ({}, "D-QUOTAS-01", Exposure.UNTOLD, "no quotas"),
        ({}, "D-LIVE-06", Exposure.SITE, ""),
        ({}, "D-ORDER-07", Exposure.UNTOLD, "only a round shows"),
    ],
)
def test_configuration_rules_out_what_it_says(
    tmp_path: Path, conf: dict[str, str] | None, name: str, exposure: Exposure, why: str
) -> None:
    each = told(tmp_path, conf, name)
    assert (each.exposure, any(why in text for text in each.why) or not why) == (exposure, True)


def test_a_key_that_the_import_left_out_clears_nothing(tmp_path: Path) -> None:
    folder = write_site(tmp_path / "site", LABELS)
    write_history(folder, [MadeJob(1, types=("token:matlab=1",))])
    assert look(folder)[0]["D-TYPES-02"].exposure is Exposure.IMPOSSIBLE
    left = {"theme": "oar.conf", "label": "not supported", "what": "SCHEDULER_TOKEN_SCRIPTS", "why": "", "place": ""}
    (folder / "import.json").write_text(json.dumps({"entries": [left]}))
    each = look(folder)[0]["D-TYPES-02"]
    assert (each.exposure, each.hits.jobs, each.hits.untold) == (Exposure.UNTOLD, 0, 1)
    assert "SCHEDULER_TOKEN_SCRIPTS is set" in each.why[0]
    (folder / "import.json").write_text("{")
    assert look(folder)[0]["D-TIME-03"].exposure is Exposure.UNTOLD


def test_levels_are_not_held_to_labels_that_did_not_come_along(tmp_path: Path) -> None:
    each = told(tmp_path, None, "D-REQUESTS-02")
    assert (each.exposure, each.hits.jobs, each.hits.untold) == (Exposure.UNTOLD, 0, 1)
    assert told(tmp_path, {}, "D-REQUESTS-02").hits.jobs == 1


def test_quotas_are_looked_at_as_if_they_were_kept(tmp_path: Path) -> None:
    quotas = '[[quota]]\nuser = "/"\nresources = 2\n[[quota]]\nqueue = "default"\njobs = 9\n'
    folder = write_site(tmp_path / "site", LABELS, quotas=quotas)
    write_history(folder, [MadeJob(1)])
    shown = look(folder)[0]
    assert {name: shown[name].exposure for name in ("D-QUOTAS-01", "D-QUOTAS-02", "D-QUOTAS-03")} == {
        "D-QUOTAS-01": Exposure.HITS,
        "D-QUOTAS-02": Exposure.SITE,
        "D-QUOTAS-03": Exposure.HITS,
    }


def test_a_node_that_is_away_or_alive_without_a_date_is_seen(tmp_path: Path) -> None:
    away = "9\tn9\tdefault\tAbsent\t2147483647\tn9\t9\t32\tno\n10\tn9\tdefault\tAlive\t0\tn9\t10\t32\tno\n"
    assert told(tmp_path, {}, "D-STATE-03", resources=away).exposure is Exposure.SITE
    assert told(tmp_path, {}, "D-LIVE-31", resources=away).exposure is Exposure.SITE
    woken = {"SCHEDULER_NODE_MANAGER_WAKE_UP_CMD": "/usr/bin/wake"}
    assert told(tmp_path, woken, "D-STATE-03", resources=away).exposure is Exposure.IMPOSSIBLE


def report(folder: Path) -> ExposureReport:
    site = read_site(folder)
    found = SiteHistory(site, ALL).scan()
    return ExposureReport(site, found, expose(site, ALL, found))


def test_the_reports_name_key_line_and_remedy_and_add_up(tmp_path: Path) -> None:
    conf = {**LABELS, "WALLTIME_CHANGE_ENABLED": "yes", "WALLTIME_REDUCTION_DISALLOWED": "x", "TYPO_KEY": "1"}
    folder = write_site(tmp_path / "site", conf)
    write_history(folder, [MadeJob(1, user="<b>|x`", types=("deadline=x",), code=0), MadeJob(2)])
    made = report(folder)
    data = json.loads(made.as_json("all time"))
    page = made.markdown("all time")
    assert data["summary"] == made.summary("all time")[0] == page.splitlines()[2]
    assert data["summary"].endswith("; 1 would have hit 1 of 2 jobs of all time.")
    assert data["summary"].startswith(f"Of {len(ALL)} known departures ")
    kinds = [each["exposure"] for each in data["departures"]]
    assert f" {sum(kind not in ('cannot happen', 'cannot be told') for kind in kinds)} can happen" in data["summary"]
    assert "- oar.conf:3: `WALLTIME_CHANGE_ENABLED` is yes" in page
    assert [each["key"] for each in data["keys"]["ignored"]] == ["WALLTIME_REDUCTION_DISALLOWED"]
    assert [each["place"] for each in data["keys"]["unread"]] == ["oar.conf:5"]
    assert "<b>" not in page.replace("\\<b\\>", "")
    assert all(each.entry.id in page for each in made.departures)


def test_refusals_name_the_values_that_are_possible(tmp_path: Path) -> None:
    site = read_site(write_site(tmp_path / "site", LABELS, quotas="[[quota]]\njobs = 9\n"))
    (when,) = next(each for each in ALL if each.id == "D-QUOTAS-02").when
    assert refusals(when, site.here) == []
    here = replace(site.here, conf={"QUOTAS": ("", "no")})
    assert [each.why for each in refusals(when, here)] == ['QUOTAS is "" or "no"']
