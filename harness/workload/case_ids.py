"""Ids of cases: stable, made from content, not from order."""

from __future__ import annotations

import hashlib
import re
import unicodedata

import msgspec

from harness.model.codec import to_builtins
from harness.model.record import Kind
from harness.workload.action import Action
from harness.workload.scenario import Queue, Scenario


def case_id(scenario: Scenario, kind: Kind, *context: str) -> str:
    """The id of the case a scenario makes under one kind, such as ``a-wide-job-waits-3f2a9c01``.

    It is the title in small letters with hyphens, and 8 hexadecimal digits of the SHA-256 of what is run: the kind,
    the cluster, the configuration, queues, quotas, admission rules, files and jobs — whatever the order of keys in
    the file, and however the cluster is written there. What only judges (``expect``, ``tolerance``, ``only``) does
    not count, so a known difference that names a case outlives a new assertion.

    :param context: what else sets cases apart, for example the site's title or the Debian release.
    """
    return f"{slug(scenario.title)}-{digest(scenario, kind, *context)[:8]}"


def digest(scenario: Scenario, kind: Kind, *context: str) -> str:
    """The hexadecimal SHA-256 of what is run: see :func:`case_id`."""
    content = [
        str(kind),
        *context,
        to_builtins(scenario.cluster),
        dict(scenario.conf),
        [_queue(queue) for queue in sorted(scenario.queues, key=lambda queue: queue.name)],
        list(scenario.admission),
        dict(scenario.files),
        [
            [job.name, job.user, list(job.submission.argv), job.at, job.runtime]
            + ([job.started, list(job.on)] if job.on else [])
            + ([[str(each) for each in job.when], job.leaves] if job.when or job.leaves else [])
            for job in scenario.jobs
        ],
        *([to_builtins(scenario.steps), scenario.installed] if scenario.steps else []),
    ]
    if scenario.quotas:
        content.append(to_builtins(sorted(scenario.quotas, key=lambda quota: quota.key)))
    if scenario.rules is not None:
        content.append(to_builtins(scenario.rules))
    if scenario.actions or scenario.real_nodes:
        content += [[_deed(action) for action in scenario.actions], scenario.real_nodes]
    return hashlib.sha256(msgspec.json.encode(content, order="sorted")).hexdigest()


def _queue(queue: Queue) -> dict[str, object]:
    """A queue as it always counted: its state only if it is closed."""
    own = {"name": queue.name, "priority": queue.priority, "scheduler": queue.scheduler}
    return own if queue.state == "Active" else {**own, "state": queue.state}


def _deed(action: Action) -> list[object]:
    """What of an action changes what is run: not its name, nor how its answer is judged."""
    when = [str(each) for each in action.when]
    return [action.command, action.user, action.at, when, action.rounds, dict(action.body or {})]


def slug(title: str, longest: int = 60) -> str:
    """A title as part of a file name: ASCII letters and digits, hyphens between words."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    return words[:longest].rstrip("-") or "case"
