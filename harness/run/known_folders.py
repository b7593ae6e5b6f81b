"""Folders of known differences, and the draft of entries for what a run leaves unexplained."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from harness.compare.known.draft import drafts_of, dump_drafts
from harness.compare.known.known_differences import KnownDifference
from harness.compare.known.known_file import parse_known
from harness.model.fault import ConfigurationFault
from harness.model.reading import files_in, is_folder, read_text
from harness.model.record import RunRecord
from harness.model.result import RunResult
from harness.report.wording import DRAFT
from harness.shipped import located
from harness.store.atomic import write_atomically


def read_known(folders: Iterable[Path]) -> tuple[KnownDifference, ...]:
    """The known differences of these folders' ``*.toml``, in the order of folders and files.

    Raises ConfigurationFault if there is no such folder, an entry is none, or two files give one id.
    """
    entries: list[KnownDifference] = []
    places: dict[str, Path] = {}
    for folder in dict.fromkeys(map(located, folders)):
        if not is_folder(folder):
            raise ConfigurationFault(
                "there is no such folder", where=str(folder), remedy="name one with *.toml files"
            )
        for path in files_in(folder):
            for entry in parse_known(read_text(path), str(path)):
                if entry.id in places:
                    what = f"the id {entry.id!r} is taken by {places[entry.id]}"
                    raise ConfigurationFault(what, where=str(path), remedy="give each entry an id of its own")
                places[entry.id] = path
                entries.append(entry)
    return tuple(entries)


def write_draft(record: RunRecord, result: RunResult, folder: Path) -> None:
    """Write drafts of entries for a run's unexplained differences to its folder; no file if there are none."""
    found = [
        draft
        for case in record.cases
        for judged in result.cases
        if judged.id == case.id
        for draft in drafts_of(case, judged, record.environment)
    ]
    path = folder / DRAFT
    if found:
        write_atomically(path, dump_drafts(found, [use.id for use in result.known]))
    else:
        path.unlink(missing_ok=True)
