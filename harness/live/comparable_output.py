"""What of an answer two servers can share: without job ids, dates, and what a file sets apart."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

_DATE = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?")
_EPOCH = re.compile(r"\b1[6-9]\d{8}\b|\b2\d{9}\b(?<!2147483647)(?<!2147483646)")
_TIMES = range(1_600_000_000, 2_147_000_000)
"""Numbers that are taken for moments, in epoch seconds."""
_IDS = frozenset(("id", "job_id", "array_id", "array", "Job_Id", "job", "resubmit_job_id", "dependencies"))
"""Fields of OAR's JSON that hold ids of jobs."""
_SET_APART = "…"


def comparable(output: str, names: Mapping[int, str], ignore: Iterable[str]) -> str:
    """The text of an answer to be compared with another server's.

    JSON is read as data, whatever the order of its fields and lists, and written one field a line: ids of jobs become
    names, moments and dates a word, fields whose name is in ``ignore`` are set apart. In other text dates become a
    word, and so does whatever a regular expression of ``ignore`` matches.
    """
    try:
        data = json.loads(output)
    except ValueError:
        return _plain(output, ignore)
    if not isinstance(data, dict | list):
        return _plain(output, ignore)
    return json.dumps(_data(data, "", names, frozenset(ignore)), indent=1, sort_keys=True, ensure_ascii=False)


def _plain(output: str, ignore: Iterable[str]) -> str:
    text = _dates(output)
    for pattern in ignore:
        text = re.sub(pattern, _SET_APART, text, flags=re.M)
    return "\n".join(line.rstrip() for line in text.splitlines())


def _dates(text: str) -> str:
    return _EPOCH.sub("EPOCH", _DATE.sub("DATE", text))


def _data(value: Any, field: str, names: Mapping[int, str], ignore: frozenset[str]) -> Any:
    if field in ignore:
        return _SET_APART
    if isinstance(value, dict):
        return {_key(key, names): _data(each, key, names, ignore) for key, each in sorted(value.items())}
    if isinstance(value, list):
        # OAR's Perl walks through hashes as they come, so the order of a list says nothing.
        return sorted((_data(each, field, names, ignore) for each in value), key=json.dumps)
    if field in _IDS and str(value).isdigit() and int(value) in names:
        return names[int(value)]
    if isinstance(value, str):
        return "MOMENT" if value.isdigit() and int(value) in _TIMES else _dates(value)
    if isinstance(value, int) and not isinstance(value, bool) and value in _TIMES:
        return "MOMENT"
    return value


def _key(key: str, names: Mapping[int, str]) -> str:
    """``oarstat -J`` files each job under its id."""
    return names.get(int(key), key) if key.isdigit() else key
