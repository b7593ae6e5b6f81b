"""The recorded history on disk: ``reports/<run>/run.json`` and below it one folder a case, one file an observation.

``run.json`` is written before the first case, with all that was asked for; cases are written as they come. Each
file is there whole or not at all, so a run killed half-way leaves a history that can be judged as far as it got. A
file that is torn all the same (a disk's fault) is reported by its name, and costs nothing but itself.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from harness.model import bounds, codec
from harness.model.fault import ConfigurationFault, Fault, MachineFault
from harness.model.reading import is_file
from harness.model.record import (
    Adaptation,
    Asked,
    CaseRecord,
    Confirmation,
    Kind,
    Missing,
    Observation,
    RunRecord,
    RunState,
)
from harness.model.schedule import Situation
from harness.store.atomic import write_atomically

LATEST = "latest"
_RUN, _CASE, _CASES = "run.json", "case.json", "cases"


@dataclass(frozen=True, slots=True)
class _RunFile:
    """run.json: a RunRecord with the ids of its cases in place of the cases, the later ones being among the asked."""

    format: Literal["oar-compat-run/1"]
    environment: Mapping[str, Any]
    reference: str
    combinations: tuple[str, ...]
    cases: tuple[str, ...]
    adaptations: Mapping[str, tuple[Adaptation, ...]]
    missing: tuple[Missing, ...]
    reproduce: str
    warnings: tuple[str, ...] = ()
    asked: tuple[Asked, ...] = ()
    state: RunState = RunState.COMPLETE
    ended: str = ""


@dataclass(frozen=True, slots=True)
class _CaseFile:
    """case.json: a CaseRecord with the ids of the columns observed in place of the observations."""

    format: Literal["oar-compat-case/1"]
    id: str
    kind: Kind
    title: str
    situation: Situation
    reference: str
    tolerance: int
    observations: tuple[str, ...]
    expect: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""
    combinations: tuple[str, ...] = ()
    not_applicable: Mapping[str, str] = field(default_factory=dict)
    repeats: tuple[Observation, ...] = ()
    confirmations: tuple[Confirmation, ...] = ()


def write_record(record: RunRecord, folder: Path) -> None:
    """Write a run's whole history to ``folder``. Raises MachineFault if the disk does not take it."""
    for case in record.cases:
        write_case(case, folder)
    write_head(record, folder)


def write_head(record: RunRecord, folder: Path) -> None:
    """Write ``run.json`` alone; its cases are written with :func:`write_case`, those asked for also later."""
    _write(
        folder / _RUN,
        _RunFile(
            format="oar-compat-run/1",
            environment=record.environment,
            reference=record.reference,
            combinations=record.combinations,
            cases=tuple(case.id for case in record.cases),
            adaptations=record.adaptations,
            missing=record.missing,
            reproduce=record.reproduce,
            warnings=record.warnings,
            asked=record.asked,
            state=record.state,
            ended=record.ended,
        ),
    )


def close_head(folder: Path, why: str) -> None:
    """Write down in ``run.json`` that a run ended early, and why; no more than try to: a disk may be the reason."""
    with contextlib.suppress(Fault, OSError):
        head = codec.load(folder / _RUN, _RunFile)
        if head.state is RunState.RUNNING:
            _write(folder / _RUN, replace(head, state=RunState.INTERRUPTED, ended=why))


def has_head(folder: Path) -> bool:
    """Whether it is written down there what is asked for."""
    return is_file(folder / _RUN)


def check_place(folder: Path) -> None:
    """Raise MachineFault if the folder of a run that is going on was taken away."""
    if not has_head(folder):
        raise MachineFault(
            "was removed while the run wrote to it", where=str(folder), remedy="run it again, and leave it alone"
        )


def write_case(case: CaseRecord, folder: Path) -> None:
    """Write one case and its observations below the run's folder; may be called again as observations come in."""
    place = case_folder(folder, case.id)
    for column, observation in case.observations.items():
        _write(place / _observation_file(column), observation)
    _write(
        place / _CASE,
        _CaseFile(
            format="oar-compat-case/1",
            id=case.id,
            kind=case.kind,
            title=case.title,
            situation=case.situation,
            reference=case.reference,
            tolerance=case.tolerance,
            observations=tuple(case.observations),
            expect=case.expect,
            source=case.source,
            combinations=case.combinations,
            not_applicable=case.not_applicable,
            repeats=case.repeats,
            confirmations=case.confirmations,
        ),
    )


def read_record(folder: Path) -> RunRecord:
    """A run's history from its folder (``reports/latest`` will do).

    What cannot be read of its cases is ``missing``, by the file's name; if ``run.json`` itself is absent or torn
    the cases are read without it. Raises ConfigurationFault, one line that names the file, if it is of another
    format, or nothing can be read.
    """
    head, missing = _read_head(folder)
    there = [case.id for case in head.asked if (case_folder(folder, case.id) / _CASE).is_file()]
    cases = []
    for case in dict.fromkeys((*head.cases, *there)):
        try:
            cases.append(_read_case(folder, case, missing))
        except ConfigurationFault as fault:
            missing.append(_unreadable(f"case {case}", fault))
    return RunRecord(
        environment=head.environment,
        reference=head.reference,
        combinations=head.combinations,
        cases=tuple(cases),
        adaptations=head.adaptations,
        missing=(*head.missing, *missing),
        reproduce=head.reproduce,
        warnings=head.warnings,
        asked=head.asked,
        state=head.state,
        ended=head.ended,
    )


def _read_head(folder: Path) -> tuple[_RunFile, list[Missing]]:
    """run.json; one made of the cases if it is absent or torn."""
    path = folder / _RUN
    try:
        return codec.load(path, _RunFile), []
    except ConfigurationFault as fault:
        if path.is_file() and codec.is_json(path.read_bytes()):
            raise
        heads = [head for place in sorted((folder / _CASES).glob("*")) if (head := _case_head(place))]
        if not heads:
            raise
        columns = (column for head in heads for column in (head.combinations or head.observations))
        made = _RunFile(
            format="oar-compat-run/1",
            environment={},
            reference=heads[0].reference,
            combinations=tuple(dict.fromkeys((heads[0].reference, *columns))),
            cases=tuple(head.id for head in heads),
            adaptations={},
            missing=(),
            reproduce="",
            state=RunState.INTERRUPTED,
            ended=f"{_RUN} cannot be read, so what was asked for is not known",
        )
        return made, [_unreadable("what was asked for", fault)]


def _case_head(place: Path) -> _CaseFile | None:
    """A case's own file, if it can be read and lies where it belongs."""
    try:
        head = codec.load(place / _CASE, _CaseFile)
    except ConfigurationFault:
        return None
    return head if place.name == _file_name(head.id) else None


def _unreadable(what: str, fault: ConfigurationFault) -> Missing:
    return Missing(what, str(fault), "run it again")


def read_case(folder: Path, case: str) -> CaseRecord:
    """One case of a run's history, by its id; raises ConfigurationFault if a file of it cannot be read."""
    missing: list[Missing] = []
    found = _read_case(folder, case, missing)
    if missing:
        raise ConfigurationFault(missing[0].why, where=missing[0].what)
    return found


def _read_case(folder: Path, case: str, missing: list[Missing]) -> CaseRecord:
    """One case of a run's history; its observations that cannot be read are added to ``missing``."""
    place = case_folder(folder, case)
    head = codec.load(place / _CASE, _CaseFile)
    if head.id != case:
        raise ConfigurationFault(f"is of another case, {head.id!r}", where=str(place / _CASE), remedy="was it moved?")
    _check_ids(head.situation, place / _CASE)
    observations = {}
    for column in head.observations:
        try:
            observations[column] = _read_observation(place / _observation_file(column), column)
        except ConfigurationFault as fault:
            missing.append(_unreadable(f"{column} in case {case}", fault))
    return CaseRecord(
        id=head.id,
        kind=head.kind,
        title=head.title,
        situation=head.situation,
        reference=head.reference,
        tolerance=head.tolerance,
        observations=observations,
        expect=head.expect,
        source=head.source,
        combinations=head.combinations,
        not_applicable=head.not_applicable,
        repeats=head.repeats,
        confirmations=head.confirmations,
    )


def case_folder(folder: Path, case: str) -> Path:
    """Where a case's files lie below a run's folder; artefacts may be put there in folders of their own."""
    return folder / _CASES / _file_name(case)


def point_latest(run: Path) -> Path:
    """Let ``latest`` beside the run's folder lead to it, in one step; returns the link.

    Raises ConfigurationFault if something that is not a link is in the way.
    """
    link = run.parent / LATEST
    if link.exists() and not link.is_symlink():
        raise ConfigurationFault("is in the way: not a link of ours", where=str(link), remedy="move it elsewhere")
    temporary = run.parent / f".{LATEST}.{os.getpid()}"
    try:
        temporary.unlink(missing_ok=True)
        # Relative, so that the folder of reports can be moved or mounted elsewhere.
        temporary.symlink_to(run.name, target_is_directory=True)
        temporary.replace(link)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise MachineFault(
            f"cannot make the link: {error.strerror}", where=str(link), remedy="check the folder's rights"
        ) from None
    return link


def find_run(path: Path) -> Path:
    """The folder of a run: ``path`` itself, or, if it is a folder of runs, its latest one.

    Raises ConfigurationFault if neither holds a ``run.json`` or cases.
    """
    for folder in (path, path / LATEST):
        if is_file(folder / _RUN) or (folder / _CASES).is_dir():
            return folder.resolve()
    raise ConfigurationFault("holds no recorded run", where=str(path), remedy="name a folder such as reports/latest")


def _read_observation(path: Path, column: str) -> Observation:
    observation = codec.load(path, Observation)
    if observation.combination != column:
        raise ConfigurationFault(
            f"is of another column, {observation.combination!r}", where=str(path), remedy="was it moved?"
        )
    if observation.situation is not None:
        _check_ids(observation.situation, path)
    return observation


def _check_ids(situation: Situation, path: Path) -> None:
    """Raise ConfigurationFault for ids of resources that are none: judging keeps sets of them as bits."""
    ids = [*(row.id for row in situation.resources), *(change.resource for change in situation.changes)]
    if wrong := next((each for each in ids if not 0 <= each <= bounds.ID), None):
        raise ConfigurationFault(
            f"no resource has the id {wrong}", where=str(path), remedy="is this a file of this version?"
        )


def _write(path: Path, value: object) -> None:
    try:
        data = codec.dumps(value)
    except (TypeError, ValueError, NotImplementedError) as error:
        raise Fault(f"cannot be recorded: {error}", where=str(path), remedy="please report it") from None
    write_atomically(path, data)


def _observation_file(column: str) -> str:
    name = f"{_file_name(column)}.json"
    return f"%{name}" if name == _CASE else name


def _file_name(identifier: str) -> str:
    """A file name for any id; ordinary ids stay as they are, no two ids share one."""
    name = quote(identifier, safe="+@:=,()[] ", errors="replace")
    if not name.strip("."):
        name = name.replace(".", "%2E") or "%"
    # 255 bytes is what file systems take.
    return (
        name
        if len(name) <= 200
        else f"{name[:180]}-{hashlib.sha256(identifier.encode('utf-8', 'replace')).hexdigest()[:16]}"
    )
