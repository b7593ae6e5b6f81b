"""A finding on one sheet: the two plans side by side, what differs, and the command that shows it again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from harness.fuzz.evaluate import Evaluation
from harness.fuzz.finding import Finding
from harness.model.schedule import Fate, Schedule

_WIDTH = 34


def sheet(finding: Finding, seen: Evaluation | None, command: str) -> str:
    """Plain text, for the head of the scenario file: times in seconds from the round on, resources by their ids."""
    lines = [
        f"{finding.symptom}; needs: {', '.join(sorted(finding.features)) or 'nothing but jobs'}",
        f"seen {finding.seen} times; " + ("nothing smaller shows it" if finding.minimal else "not yet made small"),
        *([] if finding.steady else ["It does not show each time: the same case gave different plans."]),
        *(["", f"again: {command}"] if command else []),
    ]
    lines += ["", *_plans(seen)] if seen else ["", *_wrapped(finding.why)]
    return "\n".join(lines)


def _plans(seen: Evaluation) -> list[str]:
    record = seen.record
    observations = record.observations
    names = [name for name in dict.fromkeys((record.reference, seen.result.candidate)) if name in observations]
    plans = {name: observations[name].schedule for name in names}
    jobs = [job.name for job in record.situation.jobs]
    jobs += [name for plan in plans.values() if plan for name in plan.fates if name not in jobs]
    width = max([4, *(len(job) for job in jobs)])
    lines = [
        "start – stop on resources, in seconds after the round",
        f"{'job':<{width}}  " + "  ".join(f"{_short(name):<{_WIDTH}}" for name in names).rstrip(),
    ]
    for job in jobs:
        cells = "  ".join(f"{_cell(plans[name], job, record.situation.now):<{_WIDTH}}" for name in names)
        lines.append(f"{job:<{width}}  {cells}".rstrip())
    lines += ["", *_wrapped(seen.why)]
    if seen.result.opinion and not seen.result.opinion.why:
        lines += [f"third opinion: {seen.result.opinion}"]
    for name in names:
        for crash in observations[name].crashes:
            lines += ["", f"{name}: {crash.program}: {crash.how}"]
            lines += [f"    {line}" for line in crash.log.strip().splitlines()[-12:]]
    return lines


def _short(name: str) -> str:
    return name if len(name) <= _WIDTH else name[: _WIDTH // 2 - 2] + "…" + name[-(_WIDTH // 2 + 1) :]


def _cell(plan: Schedule | None, job: str, now: int) -> str:
    fates: Mapping[str, Fate] = plan.fates if plan else {}
    fate = fates.get(job)
    if fate is None:
        return "no schedule" if plan is None else "not there"
    if fate.placement is None:
        return f"{fate.state}, not planned"
    place = fate.placement
    alternative = f" ({place.moldable + 1})" if place.moldable else ""
    return f"{place.start - now:+d} – {place.stop - now:+d} on {place.resources}{alternative}"


def _wrapped(lines: Iterable[str]) -> list[str]:
    return [line if len(line) <= 300 else line[:297] + "…" for line in lines]
