"""Names of the jobs that OAR submits by itself in the stead of others, such as a best-effort job that was killed.

``jobs.resubmit_job_id`` leads from such a job to the one before. In a workload it is called like that one, with
``-again`` behind: ``sweep[3]-again``, and ``sweep[3]-again-again`` if it was submitted a third time.
"""

from __future__ import annotations

_SUFFIX = "-again"


def resubmitted(name: str) -> str:
    """The name of the job that is submitted in the stead of this one."""
    return name + _SUFFIX


def replaced(name: str) -> str:
    """The name of the job in whose stead this one was submitted; empty for one that a user submitted."""
    return name.removesuffix(_SUFFIX) if name.endswith(_SUFFIX) else ""


def submitted_first(name: str) -> str:
    """The name of the job that the user submitted, however often OAR has submitted it again."""
    while before := replaced(name):
        name = before
    return name
