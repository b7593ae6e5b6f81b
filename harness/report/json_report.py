"""report.json: the run for programs. Checked against the schema that ships with the package before it is written."""

from __future__ import annotations

import functools
import json
from importlib import resources
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from harness.model.codec import to_builtins
from harness.model.difference import Difference
from harness.model.fault import Fault
from harness.model.opinion import Opinion
from harness.model.procedure import ProcedureResult
from harness.model.result import CaseResult, CombinationResult, KnownUse, RunResult
from harness.model.schedule import Placement
from harness.report.safe_text import one_line
from harness.store.atomic import write_atomically

SCHEMA_ID = "oar-compat-report/1"
_ENVIRONMENT = ("engine", "debian", "oar2", "postgresql", "oar3")


@functools.cache
def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of report.json."""
    text = resources.files("harness.report").joinpath("report.schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def as_dict(result: RunResult) -> dict[str, Any]:
    """The report as plain dicts and lists, its keys in the order of the design.

    What the environment does not say is null, so that a run that broke early still has its report.
    """
    return {
        "schema": SCHEMA_ID,
        "verdict": result.verdict.value,
        "exit_code": int(result.exit_code),
        "environment": dict.fromkeys(_ENVIRONMENT) | to_builtins(dict(result.environment)),
        "reference": result.reference,
        "combinations": [_combination(c) for c in result.combinations],
        "cases": [_case(c) for c in result.cases],
        "missing": [to_builtins(m) for m in result.missing],
    } | _optional(result)


def _optional(result: RunResult) -> dict[str, Any]:
    """Keys that a report has only if there is something to say."""
    return (
        ({"ended_early": result.ended_early} if result.ended_early else {})
        | ({"warnings": list(result.warnings)} if result.warnings else {})
        | ({"known": [_known(use) for use in result.known]} if result.known else {})
    )


def check(report: Any) -> None:
    """Check a report against the schema; raises Fault with the place and the reason if it breaks it."""
    error = best_match(Draft202012Validator(schema()).iter_errors(report))
    if error is not None:
        raise Fault(
            f"breaks its schema at {error.json_path}: {error.message[:300]}",
            where="report.json",
            remedy="a defect of oar-compat, please report it; the recorded history is untouched",
        )


def write_json(result: RunResult, path: Path) -> dict[str, Any]:
    """Check the report and write it; returns it. Raises Fault if it breaks the schema, and writes nothing then."""
    report = as_dict(result)
    check(report)
    try:
        text = json.dumps(report, indent=1, ensure_ascii=False, allow_nan=False)
    except ValueError as error:
        raise Fault(f"cannot be written as JSON: {error}", where="report.json", remedy="please report it") from None
    write_atomically(path, text + "\n")
    return report


def _combination(combination: CombinationResult) -> dict[str, Any]:
    return {
        "id": combination.id,
        "verdict": combination.verdict.value,
        "adaptations": [to_builtins(a) for a in combination.adaptations],
        "cases": combination.cases,
        "differences": {str(kind): count for kind, count in combination.differences.items()},
    } | ({"accepted_crashes": combination.accepted_crashes} if combination.accepted_crashes else {})


def _case(case: CaseResult) -> dict[str, Any]:
    return {
        "id": case.id,
        "kind": case.kind.value,
        "title": case.title,
        "candidate": case.candidate,
        "status": case.status.value,
        "seconds": round(case.seconds, 3),
        "differences": [_difference(d) for d in case.differences],
        "counts": {str(kind): count for kind, count in case.counts.items()},
        "artefacts": case.artefacts,
        "reproduce": case.reproduce,
        "why": case.why,
        "notes": list(case.notes),
    } | _further(case)


def _further(case: CaseResult) -> dict[str, Any]:
    """What only some cases have."""
    found: dict[str, Any] = {"opinion": _opinion(case.opinion)} if case.opinion else {}
    if case.refused:
        found["refused"] = [to_builtins(each) | {"jobs": list(each.jobs)} for each in case.refused]
    if case.unstable:
        found["unstable"] = list(case.unstable)
    return found | ({"procedure": _procedure(case.procedure)} if case.procedure else {})


def _procedure(procedure: ProcedureResult) -> dict[str, Any]:
    return {
        "passes": [
            {
                "way": each.way.value,
                "seconds": round(each.seconds, 3),
                "failed": each.failed.name if each.failed else None,
                "remedy": each.remedy,
                "skipped": list(each.skipped),
                "adaptations": [to_builtins(adaptation) for adaptation in each.adaptations],
                "steps": [to_builtins(step) | {"adaptations": list(step.adaptations)} for step in each.steps],
            }
            for each in procedure.passes
        ],
        "leftovers": [to_builtins(left) for left in procedure.leftovers],
        "invariants": list(procedure.invariants),
    }


def _opinion(opinion: Opinion) -> dict[str, Any]:
    return {
        "summary": one_line(str(opinion)),
        "why": opinion.why,
        "jobs": [
            {"job": job.job, "departs": job.departs.value, "planned": _placement(job.planned)} for job in opinion.jobs
        ],
    }


def _difference(difference: Difference) -> dict[str, Any]:
    found: dict[str, Any] = {
        "job": difference.job,
        "class": difference.kind.value,
        "reference": _placement(difference.reference),
        "candidate": _placement(difference.candidate),
        "known": difference.known,
        "why": difference.why,
    } | ({"rules": list(difference.rules)} if difference.rules else {})
    found |= {"unstable": True} if difference.unstable else {}
    return found | ({"shared": True} if difference.shared else {})


def _known(use: KnownUse) -> dict[str, Any]:
    return {
        "id": use.id,
        "title": use.title,
        "owner": use.owner,
        "expires": use.expires.isoformat() if use.expires else None,
        "state": use.state.value,
        "differences": use.differences,
        "cases": use.cases,
    }


def _placement(placement: Placement | None) -> dict[str, Any] | None:
    if placement is None:
        return None
    return {
        "start": placement.start,
        "stop": placement.stop,
        "moldable": placement.moldable,
        "resources": list(placement.resources),
    }
