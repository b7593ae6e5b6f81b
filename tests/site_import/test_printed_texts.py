from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model.fault import ConfigurationFault
from harness.site_import.printed_rows import PrintedRows
from harness.site_import.printed_texts import read_json, read_oarnodes, read_oarstat, read_yaml

JOB = {
    "Job_Id": 7,
    "owner": "alice",
    "state": "Waiting",
    "queue": "default",
    "wanted_resources": "-l \"{type='licence'}/resource_id=2+{type = 'default'}/host=ALL/core=1,walltime=2:0:5\""
    ' -l "/core=1,walltime=0:1:0" ',
    "types": ["noop", "container"],
    "dependencies": [3, 4],
    "assigned_resources": [1, 2],
    "scheduledStart": 1700000000,
    "name": "it's\ta\nname",
}
NODE = {
    "resource_id": 4,
    "network_address": "n1",
    "state": "Alive",
    "mem": 64,
    "cpuset": "1",
    "jobs": "7",
    "gpu": None,
}


def rows(source: PrintedRows, table: str) -> list[dict[str, str | None]]:
    return [row for block in source.blocks([table]) for _, row in block.rows()]


def test_jobs_have_requests() -> None:
    found = read_json(json.dumps({"7": JOB}), "jobs")
    (job,) = rows(found, "jobs")
    assert (job["job_user"], job["job_name"], job["project"]) == ("alice", JOB["name"], "default")
    assert [row["moldable_walltime"] for row in rows(found, "moldable_job_descriptions")] == ["7205", "60"]
    groups = [(row["res_group_moldable_id"], row["res_group_property"]) for row in rows(found, "job_resource_groups")]
    assert groups == [("1", "type='licence'"), ("1", "type = 'default'"), ("2", None)]
    levels = [
        (row["res_job_group_id"], row["res_job_resource_type"], row["res_job_value"], row["res_job_order"])
        for row in rows(found, "job_resource_descriptions")
    ]
    assert levels == [
        ("1", "resource_id", "2", "0"),
        ("2", "host", "-1", "0"),
        ("2", "core", "1", "1"),
        ("3", "core", "1", "0"),
    ]
    assert [row["job_id_required"] for row in rows(found, "job_dependencies")] == ["3", "4"]
    assert [row["resource_id"] for row in rows(found, "gantt_jobs_resources")] == ["1", "2"]
    assert rows(found, "gantt_jobs_predictions")[0]["start_time"] == "1700000000"


def test_the_rest_api_says_the_same() -> None:
    words = {"Job_Id": "id", "assigned_resources": "resources", "scheduledStart": "scheduled_start"}
    item = {words.get(key, key): value for key, value in JOB.items()}
    item["resources"] = [{"id": 1, "status": "assigned", "network_address": "n1"}, {"id": 2}]
    plain, api = read_json(json.dumps({"7": JOB}), "x"), read_json(json.dumps({"items": [item], "total": 9}), "x")
    for table in ("jobs", "job_resource_groups", "gantt_jobs_resources", "job_types"):
        assert rows(plain, table) == rows(api, table)
    assert ("it shows 1 of 9 entries: ask for more by ?limit=", "x") in api.seen.told
    resources = [{"id": 4, **{key: value for key, value in NODE.items() if key != "resource_id"}}]
    assert rows(read_json(json.dumps(resources), "x"), "resources") == rows(
        read_json(json.dumps([NODE]), "x"), "resources"
    )


def test_types_of_properties() -> None:
    found = read_json(json.dumps({"4": NODE, "5": {**NODE, "resource_id": 5, "mem": None, "cpuset": 0}}), "x")
    assert found.columns()["resources"]["mem"] == "integer"
    assert found.columns()["resources"]["cpuset"] == "character varying"
    assert "jobs" not in found.columns()["resources"]


YAML = """---
4:
  network_address: n1
  resource_id: 4
  gpu: ~
  mem: 64
  comment: 'it''s'
  note: "a\\tb"
5:
  network_address: n2
  resource_id: 5
"""


def test_yaml() -> None:
    first, second = rows(read_yaml(YAML, "x"), "resources")
    assert first == {
        "network_address": "n1",
        "resource_id": "4",
        "gpu": None,
        "mem": "64",
        "comment": "it's",
        "note": "a\tb",
    }
    assert second["mem"] is None
    jobs = "---\n7:\n  Job_Id: 7\n  owner: alice\n  types:\n    - noop\n    - deploy\n"
    jobs += "  events:\n    - date: 1\n      x: 2\n"
    found = read_yaml(jobs, "x")
    assert [row["type"] for row in rows(found, "job_types")] == ["noop", "deploy"]
    assert read_yaml(YAML + "what: {is: this}\n", "x").seen.told == {
        ("a line is not understood, and left out", "x, line 12"): None
    }


def test_plain() -> None:
    text = (
        "network_address : n1\nresource_id : 4\nstate: Alive\nproperties : mem=64, gpu=, type=default, cpuset=3\n\n"
    )
    (row,) = rows(read_oarnodes(text, "x"), "resources")
    assert row == {
        "network_address": "n1",
        "resource_id": "4",
        "state": "Alive",
        "mem": "64",
        "gpu": None,
        "type": "default",
        "cpuset": "3",
    }
    lines = [
        "Job_Id: 7",
        "    owner = alice",
        "    types = noop, container",
        "    assigned_resources = 1+2",
        "    submissionTime = 2026-12-01 00:11:04",
        '    wanted_resources = -l "/core=1,walltime=0:1:0" ',
    ]
    found = read_oarstat("\n".join(lines), "x")
    assert rows(found, "jobs")[0]["submission_time"] == "1796083864"
    assert [row["resource_id"] for row in rows(found, "assigned_resources")] == ["1", "2"]
    assert [row["type"] for row in rows(found, "job_types")] == ["noop", "container"]


@pytest.mark.parametrize(
    ("read", "text", "words"),
    [
        (read_json, "{", "x, line 1: this is no JSON"),
        (read_json, "[" * 100_000, "brackets within brackets"),
        (read_json, '{"a": 1}', "neither resources nor jobs"),
        (read_yaml, "---\na: b\n", "neither resources nor jobs"),
        (read_oarnodes, "network_address: n1\n", "neither resources nor jobs"),
        (read_oarstat, "Job id    S User     Duration\n", "does not say what jobs ask for"),
    ],
)
def test_what_is_none_of_these_is_one_line(read: Callable[[str, str], PrintedRows], text: str, words: str) -> None:
    with pytest.raises(ConfigurationFault) as caught:
        read(text, "x")
    assert words in str(caught.value)


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=5) | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted({*JOB, *NODE, "id"})), inner),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_rows_or_one_line(content: object) -> None:
    try:
        found = read_json(json.dumps(content), "x")
    except ConfigurationFault:
        return
    for block in found.blocks(lambda _: True):
        assert list(block.rows())
