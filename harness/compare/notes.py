"""What a user would notice although the schedules agree: things that belong to no class of difference."""

from __future__ import annotations

import re
from collections.abc import Iterable

from harness.model.record import Crash
from harness.model.schedule import Schedule

_ASIDE = re.compile(r"\s*\([^)]*\)\s*$")


def messages_note(reference: Schedule, candidate: Schedule) -> str:
    """One line if the jobs' messages (``oarstat``) read otherwise; empty if they do not.

    A remark in brackets at the end (karma, quota) is left aside: it differs between OAR2's own schedulers too.
    """
    changed = []
    compared = 0
    for name, fate in reference.fates.items():
        other = candidate.fates.get(name)
        if other is None or not fate.message or not other.message:
            continue
        compared += 1
        if _ASIDE.sub("", fate.message) != _ASIDE.sub("", other.message):
            changed.append((name, fate.message, other.message))
    if not changed:
        return ""
    name, before, after = changed[0]
    return (
        f"oarstat's message reads otherwise for {len(changed)} of {compared} jobs, such as {name}: {before} → {after}"
    )


def conf_note(crashes: Iterable[Crash]) -> tuple[str, ...]:
    """One line with what the case's ``[conf]`` has beyond a fresh server's, if a program crashed under it."""
    settings = dict.fromkeys(line for crash in crashes for line in crash.conf)
    return (f"crashed with {', '.join(settings)} in oar.conf",) if settings else ()
