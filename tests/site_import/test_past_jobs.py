from __future__ import annotations

from pathlib import Path

import pytest

from harness.model.fault import ConfigurationFault
from harness.model.job import ALL, Level
from harness.site_import.importing import import_site
from harness.site_import.past_jobs import PastGroup, PastJobs, PastMoldable
from harness.site_import.pseudonyms import Pseudonyms
from tests.site_import.dumps import Rows, job, plain, tables


def imported(folder: Path, content: dict[str, Rows]) -> Path:
    (folder / "dump.sql").write_bytes(plain(content))
    import_site([str(folder / "dump.sql")], folder / "out", Pseudonyms(b"k" * 32, keep=True))
    return folder / "out"


def test_each_job_has_what_it_asked_for(tmp_path: Path) -> None:
    content = tables([job(9), job(2, state="Waiting", start_time="0", stop_time="0", assigned_moldable_job="0")])
    content["jobs"] = [*content["jobs"], job(4, job_name="a\tb", assigned_moldable_job="12")]
    content["moldable_job_descriptions"] = [
        *content["moldable_job_descriptions"],
        {"moldable_id": "12", "moldable_job_id": "4", "moldable_walltime": "60", "moldable_index": "LOG"},
        {"moldable_id": "11", "moldable_job_id": "4", "moldable_walltime": "50", "moldable_index": "LOG"},
    ]
    content["job_resource_groups"] = [
        *content["job_resource_groups"],
        {
            "res_group_id": "21",
            "res_group_moldable_id": "12",
            "res_group_property": "mem > 3",
            "res_group_index": "LOG",
        },
        {"res_group_id": "20", "res_group_moldable_id": "12", "res_group_property": None, "res_group_index": "LOG"},
    ]
    level = {"res_job_group_id": "21", "res_job_index": "LOG"}
    content["job_resource_descriptions"] = [
        *content["job_resource_descriptions"],
        {**level, "res_job_resource_type": "core", "res_job_value": "-1", "res_job_order": "1"},
        {**level, "res_job_resource_type": "host", "res_job_value": "2", "res_job_order": "0"},
    ]
    # The columns of all rows stand in one order.
    names = list(content["job_resource_descriptions"][0])
    content["job_resource_descriptions"] = [
        {n: row[n] for n in names} for row in content["job_resource_descriptions"]
    ]
    content["assigned_resources"] = [
        {"moldable_job_id": "12", "resource_id": str(n), "assigned_resource_index": "LOG"} for n in (1, 5, 9)
    ]
    content["job_dependencies"] = [{"job_id": "4", "job_id_required": "9", "job_dependency_index": "LOG"}]
    found = {each.id: each for each in PastJobs(imported(tmp_path, content))}
    assert list(found) == [9, 2, 4]
    past = found[4]
    assert (past.user, past.name, past.after, past.held, past.seconds) == ("alice", "a\tb", (9,), 3, 3 * 90)
    groups = (PastGroup("mem > 3", (Level("host", 2), Level("core", ALL))), PastGroup("", ()))
    assert past.moldables == (PastMoldable(50, (), 0), PastMoldable(60, groups, 3))
    assert found[9].types == ("besteffort",)
    assert found[9].moldables == (PastMoldable(7200, (PastGroup("type = 'default'", (Level("core", 1),)),)),)
    assert (found[2].state, found[2].stop, found[2].seconds) == ("Waiting", 0, 0)


def test_a_site_without_history_has_no_jobs(tmp_path: Path) -> None:
    assert list(PastJobs(tmp_path)) == []


def test_a_damaged_table_is_one_line(tmp_path: Path) -> None:
    out = imported(tmp_path, tables([job(1)]))
    file = out / "database" / "jobs.tsv"
    file.write_text(file.read_text() + "1\t2\n")
    with pytest.raises(ConfigurationFault, match=r"jobs.tsv:3: 2 fields, and 24 columns"):
        list(PastJobs(out))
    file.write_text("job_id\n1\n")
    with pytest.raises(ConfigurationFault, match="it has no column job_user"):
        list(PastJobs(out))
