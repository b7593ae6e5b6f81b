"""From a dump to exposure by the two commands: what import-site writes is what exposure reads."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from harness.cli.exposure import exposure_command
from harness.cli.import_site import import_site_command
from harness.exposure.exposure_result import Exposure
from tests.exposure.test_site_history import look
from tests.site_import.dumps import job, plain, tables

CONF = """\
# production
SCHEDULER_JOB_SECURITY_TIME="60"
JUST_BEFORE_RESUME_EXEC_FILE="/etc/oar/resume_secret.sh"
WALLTIME_CHANGE_ENABLED="yes"
"""


def test_a_dump_is_imported_and_asked(tmp_path: Path) -> None:
    jobs = [
        job(1, state="Terminated", job_user="winston"),
        job(2, state="Waiting", start_time="0", stop_time="0", job_user="winston", project="oceania"),
        job(3, job_user="julia", queue_name="night"),
    ]
    types = [
        {"job_type_id": "1", "job_id": "2", "type": "deadline=2026-01-01 10:00:00", "types_index": "CURRENT"},
        {"job_type_id": "2", "job_id": "3", "type": "besteffort", "types_index": "LOG"},
    ]
    states = [
        {"job_state_log_id": "1", "job_id": "3", "job_state": "Suspended", "date_start": "1", "date_stop": "2"},
    ]
    (tmp_path / "oar.sql").write_bytes(plain(tables(jobs, job_types=types, job_state_logs=states)))
    (tmp_path / "oar.conf").write_text(CONF)
    site = tmp_path / "site"
    words = [
        str(tmp_path / "oar.sql"),
        str(tmp_path / "oar.conf"),
        "--out",
        str(site),
        "--key",
        str(tmp_path / "key"),
    ]
    imported = CliRunner().invoke(import_site_command, words)
    assert imported.exit_code == 0, imported.output
    ended = CliRunner().invoke(exposure_command, ["--site", str(site), "--since", "all"])
    assert ended.exit_code == 0, ended.output
    shown, found = look(site)
    assert found.jobs == 3
    certain = {
        name: (each.hits.jobs, each.hits.queued) for name, each in shown.items() if each.hits.jobs and each.certain
    }
    assert certain == {"D-TYPES-01": (1, 1), "D-TYPES-08": (1, 0), "D-LIVE-01": (1, 0)}
    # What its value was did not come along: not cleared, and not claimed.
    assert (shown["D-LIVE-30"].exposure, shown["D-LIVE-30"].hits.untold) == (Exposure.UNTOLD, 1)
    assert shown["D-TIME-03"].exposure is Exposure.SITE
    assert shown["D-TIME-03"].lines[0].place.startswith("oar.conf:")
    # No resource_logs came along.
    assert shown["D-RESERVATIONS-03"].exposure is Exposure.UNTOLD
    written = (site / "exposure.md").read_text() + (site / "exposure.json").read_text() + ended.output
    assert not [name for name in ("winston", "julia", "oceania", "resume_secret", "node1.site") if name in written]
