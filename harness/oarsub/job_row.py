"""The row of ``jobs`` that ``oarsub`` leaves of a request, but for the ids.

After ``OAR::IO::add_micheline_subjob``, and ``add_micheline_simple_array_job_non_contiguous`` for arrays (OAR 2.6.1).
"""

from __future__ import annotations

from typing import Any

from harness.model.duration import format_as_oar
from harness.oarsub.admission import ADDED_LAST
from harness.oarsub.request import JobRequest
from harness.oarsub.resource_request import Alternative
from harness.oarsub.row_options import NotInRows

COLUMNS = (
    "initial_request,job_name,job_type,info_type,state,reservation,message,job_user,project,"
    "command,queue_name,properties,launching_directory,submission_time,start_time,notify,checkpoint,checkpoint_signal,"
    "stdout_file,stderr_file"
)


def simple_array(request: JobRequest) -> bool:
    """Whether ``oarsub`` stores it by ``add_micheline_simple_array_job_non_contiguous``."""
    return request.array > 1 and len(request.alternatives) == 1


def job_row(request: JobRequest, user: str, resources: int, now: int) -> tuple[Any, ...]:
    """The values of ``COLUMNS``.

    The client of a reservation waits on a port of its own for the answer; the listener of the harness takes it here.

    :param resources: how many resources it takes on an empty cluster (:mod:`harness.oar2.resource_estimate`).
    :param now: when it is submitted, epoch seconds.
    """
    return (
        request.asked,
        request.name,
        "INTERACTIVE" if request.interactive else "PASSIVE",
        "server:" if request.reservation is None else "server:6666",
        "Hold" if request.hold else "Waiting",
        "None" if request.reservation is None else "toSchedule",
        _message(request, resources),
        user,
        request.project,
        request.command,
        request.queue,
        f"({request.properties}) AND {ADDED_LAST}",
        f"/home/{user}" if request.directory is None else request.directory,
        now,
        0 if request.reservation is None else request.reservation.start,
        request.notify,
        request.checkpoint,
        request.signal,
        _output(request, request.stdout, "stdout"),
        _output(request, request.stderr, "stderr"),
    )


def _output(request: JobRequest, given: str | None, kind: str) -> str:
    if request.interactive:
        return "<interactive shell>"
    if given is None:
        return f"OAR.{'' if request.name is None else request.name + '.'}%jobid%.{kind}"
    return given if simple_array(request) else given.replace("%jobname%", request.name or "")


def lasting(request: JobRequest) -> Alternative:
    """The alternative that the message speaks of: the first that lasts at all."""
    return next((each for each in request.alternatives if each.walltime), request.alternatives[-1])


def _message(request: JobRequest, resources: int) -> str:
    """``jobs.message`` (``OAR::IO::format_job_message_text``)."""
    parts = [
        f"R={resources}",
        f"W={format_as_oar(lasting(request).walltime or 0)}",
        f"J={'B' if request.reservation is None else 'R'}",
    ]
    if request.name:
        parts.append(f"N={request.name}")
    if request.queue not in ("default", "besteffort"):
        parts.append(f"Q={request.queue}")
    if request.project != "default":
        parts.append(f"P={request.project}")
    if request.types:
        parts.append("T=" + "|".join(request.types))
    message = ",".join(parts)
    if len(message) > 255:
        raise NotInRows("a message that is too long for jobs.message")
    return message
