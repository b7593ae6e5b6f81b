"""What oarnodes, oarstat and the REST API print, read: JSON, YAML and plain text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from harness.model import bounds
from harness.model.fault import ConfigurationFault
from harness.site_import.printed_rows import PrintedRows

_KEY = re.compile(r"(\w+):(?: (.*))?", re.A | re.S)
_PLAIN_KEY = re.compile(r"    (\w+) = (.*)", re.A | re.S)
_NODE_KEY = re.compile(r"(network_address|resource_id|state|jobs|properties) ?: ?(.*)", re.A | re.S)


def read_json(text: str, name: str) -> PrintedRows:
    """The rows of ``oarnodes -J``, ``oarstat -J``, or of the REST API's lists of resources and jobs.

    Raises ConfigurationFault for JSON that is none of these.
    """
    try:
        content = json.loads(text)
    except RecursionError:
        raise _fault("brackets within brackets without end", name) from None
    except ValueError as error:
        line = getattr(error, "lineno", 0)
        raise _fault("this is no JSON", f"{name}, line {line}" if line else name) from None
    rows = _rows(entries := _entries(content), name)
    total = content.get("total") if isinstance(content, dict) else None
    if isinstance(total, int) and total > len(entries):
        rows.seen.tell(f"it shows {len(entries):,} of {total:,} entries: ask for more by ?limit=", name)
    return rows


def _entries(content: Any) -> list[dict[str, Any]]:
    if isinstance(content, dict):
        for key in ("items", "jobs", "resources"):
            if isinstance(content.get(key), list):
                content = content[key]
                break
        else:
            content = list(content.values())
    return [each for each in content if isinstance(each, dict)] if isinstance(content, list) else []


def _rows(entries: list[dict[str, Any]], name: str) -> PrintedRows:
    if len(entries) > bounds.RESOURCES + bounds.JOBS:
        raise _fault(f"{len(entries):,} entries", name)
    jobs = [each for each in entries if ("Job_Id" in each or "owner" in each) and "network_address" not in each]
    resources = [each for each in entries if "network_address" in each and ("resource_id" in each or "id" in each)]
    if not jobs and not resources:
        raise _fault("this has neither resources nor jobs of OAR", name)
    rows = PrintedRows(name, resources, jobs)
    if lost := len(entries) - len(jobs) - len(resources):
        rows.seen.tell(f"{lost} entries are neither a resource nor a job", name)
    return rows


def read_yaml(text: str, name: str) -> PrintedRows:
    """The same of ``-Y``: entries by number, keys below them, lists below these; nothing else of YAML is read."""
    entries: list[dict[str, Any]] = []
    key = ""
    unread = []
    for number, line in enumerate(text.split("\n"), 1):
        # What lies deeper, as the fields of events, is not wanted.
        if not line.strip() or line.startswith(("---", "      ")):
            continue
        if re.fullmatch(r"\S+:", line):
            entries.append({})
            key = ""
        elif line.startswith("    - ") and entries and key:
            found = entries[-1].get(key)
            entries[-1][key] = [*(found if isinstance(found, list) else []), _scalar(line[6:])]
        elif line.startswith("  ") and line[2] != " " and entries and (match := _KEY.fullmatch(line[2:])):
            key = match[1]
            entries[-1][key] = None if match[2] is None else _scalar(match[2])
        else:
            unread.append(number)
    rows = _rows(entries, name)
    for number in unread[:20]:
        rows.seen.tell("a line is not understood, and left out", f"{name}, line {number}")
    return rows


def _scalar(text: str) -> Any:
    text = text.strip()
    if text in ("~", ""):
        return None
    if text in ("[]", "{}"):
        return []
    if text[0] == text[-1] == "'" and len(text) > 1:
        return text[1:-1].replace("''", "'")
    if text[0] == text[-1] == '"' and len(text) > 1:
        try:
            return json.loads(text)
        except ValueError:
            return text[1:-1]
    return int(text) if re.fullmatch(r"0|-?[1-9]\d{0,17}", text, re.A) else text


def read_oarnodes(text: str, name: str) -> PrintedRows:
    """The same of ``oarnodes`` without an option: a property that is empty there has no value."""
    entries: list[dict[str, Any]] = []
    unread = []
    for number, line in enumerate(text.split("\n"), 1):
        match = _NODE_KEY.fullmatch(line)
        if match and match[1] == "network_address":
            entries.append({"network_address": match[2]})
        elif match and entries and match[1] == "properties":
            for part in match[2].split(", "):
                key, sign, value = part.partition("=")
                if sign and re.fullmatch(r"[a-z_]\w*", key, re.A):
                    entries[-1].setdefault(key, value)
        elif match and entries:
            entries[-1][match[1]] = match[2]
        elif line.strip():
            unread.append(number)
    _make_numbers(entries)
    rows = _rows(entries, name)
    rows.seen.tell("whether a property is a number is guessed from its values: give oarnodes -J", name)
    for number in unread[:20]:
        rows.seen.tell("a line is not understood, and left out", f"{name}, line {number}")
    return rows


def _make_numbers(entries: list[dict[str, Any]]) -> None:
    names = dict.fromkeys(key for each in entries for key in each)
    for key in names:
        if key in ("network_address", "state", "type", "cpuset"):
            continue
        values = [each.get(key) or None for each in entries]
        if all(value is None or re.fullmatch(r"-?\d{1,10}", value, re.A) for value in values) and any(values):
            for each, value in zip(entries, values, strict=True):
                each[key] = None if value is None else int(value)
        else:
            for each, value in zip(entries, values, strict=True):
                each[key] = value


def read_oarstat(text: str, name: str) -> PrintedRows:
    """The same of ``oarstat -f``; its dates are taken for UTC."""
    if not re.search(r"^Job_Id: \d", text, re.M):
        raise ConfigurationFault(
            "oarstat's short list does not say what jobs ask for",
            where=name,
            remedy="give oarstat -f -J, or oarstat -f",
        )
    rows = _rows(list(_plain_jobs(text)), name)
    rows.seen.tell("dates are taken for UTC: give oarstat -f -J", name)
    return rows


def _plain_jobs(text: str) -> Iterator[dict[str, Any]]:
    job: dict[str, Any] = {}
    for line in text.split("\n"):
        if line.startswith("Job_Id: "):
            if job:
                yield job
            job = {"Job_Id": line[8:].strip()}
        elif job and (match := _PLAIN_KEY.fullmatch(line)):
            job[match[1]] = match[2] or None
    if job:
        yield job


def _fault(what: str, where: str) -> ConfigurationFault:
    return ConfigurationFault(what, where=where, remedy="give what oarnodes -J, oarstat -f -J or the REST API prints")
