"""The pages of evidence behind behaviours.md: for each case what every combination made of every job."""

from __future__ import annotations

from collections.abc import Iterator

from harness.model.record import CaseRecord, Observation
from harness.model.result import CaseResult, Status
from harness.report.behaviours.tabulate import Behaviour
from harness.report.evidence import situation_of
from harness.report.markdown import code, text
from harness.report.safe_text import last_lines
from harness.report.wording import STATUSES, offset

_JOBS, _LINES, _REASONS = 24, 4, 8


def as_evidence(theme: str, rows: list[Behaviour], scenarios: str) -> str:
    """One theme's page; ``scenarios`` is the folder of the scenarios as seen from it."""
    lines = [f"# Evidence: {theme}", "", "Starts and ends count from the round (live: from the beginning)."]
    for row in rows:
        lines += ["", *_case(row, scenarios)]
    return "\n".join(lines) + "\n"


def _case(row: Behaviour, scenarios: str) -> Iterator[str]:
    record = row.record
    kind = record.kind.value + (f" on {row.debian}" if row.debian else "")
    yield f'## <a id="{row.anchor}"></a>{text(row.name)} ({kind})'
    yield ""
    yield f"[{text(record.title)}]({scenarios}/{row.name}.toml), case {code(record.id)}"
    yield ""
    alike: dict[str, list[str]] = {}
    for cell in row.cells:
        if cell.result is None:
            yield f"- {code(cell.column)}: not applicable: {text(cell.why)}"
            continue
        alike.setdefault("\n".join(_outcome(record, cell.result)), []).append(cell.column)
    for outcome, columns in alike.items():
        yield f"- {', '.join(map(code, columns))}: {outcome}"
    yield ""


def _outcome(record: CaseRecord, result: CaseResult) -> Iterator[str]:
    yield "kept" if result.status is Status.AGREES else STATUSES[result.status]
    observation = record.observations.get(result.candidate)
    if result.status is Status.NOT_RUN:
        yield f"  - {text(result.why)}"
    for difference in result.differences[:_REASONS]:
        if not difference.harmless:
            known = f" ({difference.known})" if difference.known else ""
            yield f"  - {text(difference.job or 'the round')}: {difference.kind.value}: {text(difference.why)}{known}"
    if len(result.differences) > _REASONS:
        yield f"  - … and {len(result.differences) - _REASONS} more"
    if observation is None:
        return
    for crash in observation.crashes:
        yield f"  - {code(crash.program)}: {text(crash.how)}: " + " / ".join(
            code(line) for line in last_lines(crash.log, _LINES).splitlines() if line.strip()
        )
    yield from _jobs(record, observation)


def _jobs(record: CaseRecord, observation: Observation) -> Iterator[str]:
    if observation.schedule is None:
        return
    now = situation_of(record, observation).now
    fates = observation.schedule.fates
    for name, fate in list(fates.items())[:_JOBS]:
        where = "no place"
        if placement := fate.placement:
            given = str(placement.resources).replace(" ", ",") or "nothing"
            given = given if len(given) <= 40 else f"{given[:37]}… ({len(placement.resources)})"
            where = f"{offset(placement.start - now)} to {offset(placement.stop - now)} on {given}"
        killed = ", killed" if fate.killed else ""
        yield f"  - {code(name)}: {text(fate.state)}, {where}{killed}"
    if len(fates) > _JOBS:
        yield f"  - … and {len(fates) - _JOBS} jobs more"
