from __future__ import annotations

from pathlib import Path

from harness.bench.made_dump import made_tables, write_custom, write_plain
from harness.site_import.importing import import_site
from harness.site_import.past_jobs import PastJobs
from harness.site_import.pseudonyms import Pseudonyms


def test_both_forms_are_the_same_server(tmp_path: Path) -> None:
    made = []
    for form, write in (("plain", write_plain), ("custom", write_custom)):
        write(tmp_path / form, made_tables(300, 64))
        out = tmp_path / f"site-{form}"
        done = import_site([str(tmp_path / form)], out, Pseudonyms(b"k" * 32))
        assert (done.jobs, done.resources) == (300, 64)
        assert not [entry for entry in done.report.entries if entry.what == "a row"], "all are rows of OAR's"
        made.append({file.name: file.read_bytes() for file in (out / "database").iterdir()})
        assert all(len(job.moldables) == 1 and job.held == 4 for job in PastJobs(out))
    assert made[0] == made[1]
