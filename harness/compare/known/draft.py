"""Drafts of known differences: entries for what a case leaves unexplained, to be understood and filled in."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from harness.compare.known.circumstances import Circumstances, circumstances
from harness.compare.known.condition import Condition
from harness.compare.validate.violation import EXPECTED
from harness.model.difference import Difference, DifferenceClass
from harness.model.job import Job
from harness.model.record import CaseRecord, Kind
from harness.model.result import CaseResult
from harness.model.toml import pairs

_HEAD = """\
Drafts of known differences: each entry explains the differences named above it, and whatever else its
[known.when] fits. Understand the cause first; then narrow or widen the condition, fill in reason, owner and
expires, and move the entry into a folder of known differences. As it stands it is refused."""
_EXAMPLES = 5
_TITLE, _LONGEST = 100, 160
_TELLS_LITTLE = "noop"


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry without reason, owner and date.

    :ivar examples: some of the differences that it was made from, a line each.
    """

    title: str
    when: Condition
    examples: tuple[str, ...] = field(default=(), compare=False)


def draft_of(
    record: CaseRecord, result: CaseResult, environment: Mapping[str, Any], taken: Iterable[str] = ()
) -> str:
    """The file of drafts for the unexplained differences of one judged case; empty if there are none.

    :param environment: the run's surroundings, for the versions.
    :param taken: ids that are taken.
    """
    found = drafts_of(record, result, environment)
    return dump_drafts(found, taken) if found else ""


def drafts_of(record: CaseRecord, result: CaseResult, environment: Mapping[str, Any]) -> list[Draft]:
    """One draft for each class, set of broken rules, assertion and crash; together they explain all that is left.

    Each has the narrowest condition that holds for all its differences and is not about the names of jobs.
    """
    groups: dict[tuple[object, ...], list[Difference]] = {}
    unexplained = [d for d in result.differences if d.known is None and not d.harmless]
    if not unexplained:
        return []
    here = circumstances(record, result.candidate, environment)
    for difference in unexplained:
        said = _crash(difference, here) if _is_crash(difference) else _assertion(difference)
        groups.setdefault((difference.kind, difference.rules, said), []).append(difference)
    return [_draft(group, here) for group in groups.values()]


def dump_drafts(drafts: Iterable[Draft], taken: Iterable[str] = ()) -> str:
    """A file of drafts; those that differ by the candidate alone become one."""
    parts = ["".join(f"# {line}\n" for line in _HEAD.splitlines())]
    used = set(taken)
    for draft in _merged(drafts):
        identity = _free(draft, used)
        used.add(identity)
        entry = {"id": identity, "title": draft.title, "reason": "", "owner": "", "expires": ""}
        lines = [*(f"# {_one_line(example)}" for example in draft.examples), "[[known]]", *pairs(entry)]
        lines += ["[known.when]", *pairs(_words(draft.when))]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _draft(group: Sequence[Difference], here: Circumstances) -> Draft:
    first = group[0]
    crashes = [_pattern(text) for text in here.crashes.values()]
    if _is_crash(first):
        crashes = [_crash(first, here)]
    when = Condition(
        classes=(first.kind,),
        rule=tuple(sorted(first.rules)),
        crash=crashes[0] if crashes else "",
        message=_assertion(first),
        crashed=None if crashes else False,
        shift=_bounds(_shifts(group, here)),
        reference=(_glob(here.reference.partition("@")[0]),),
        candidate=(_glob(here.candidate.partition("@")[0]),),
        kinds=(here.kind,),
        case=() if here.kind is Kind.FUZZ else (_glob(here.title),),
        oar3=tuple(map(_glob, here.versions("oar3")[:1])),
        oar2=tuple(map(_glob, here.versions("oar2"))),
        debian=tuple(map(_glob, here.versions("debian"))),
    )
    jobs = [here.jobs.get(difference.job) for difference in group]
    known = [job for job in jobs if job is not None]
    if known and len(known) == len(jobs):
        when = _asking(when, known)
    what = f"{first.kind.value}" + (f" ({', '.join(first.rules)})" if first.rules else "")
    title = f"{what}: {_one_line(first.why)}"
    examples = [f"{here.title}: {d.job or 'the round'}: {d.why}" for d in group[:_EXAMPLES]]
    if len(group) > _EXAMPLES:
        examples.append(f"… and {len(group) - _EXAMPLES} more")
    return Draft(title if len(title) <= _TITLE else title[: _TITLE - 1] + "…", when, tuple(examples))


def _asking(when: Condition, jobs: Sequence[Job]) -> Condition:
    """What all the jobs have in common, if it sets them apart from plain ones."""
    types = set.intersection(*(set(job.types) for job in jobs))
    telling = sorted(types, key=lambda kind: (kind == _TELLS_LITTLE, kind))
    queues = {job.queue for job in jobs}
    alternatives = [len(job.moldables) for job in jobs]
    groups = [max((len(moldable.groups) for moldable in job.moldables), default=0) for job in jobs]
    return replace(
        when,
        type=tuple(map(_glob, telling[:1])),
        queue=(_glob(queues.pop()),) if len(queues) == 1 else (),
        reservation=_common(job.reservation is not None for job in jobs),
        dependent=_common(bool(job.after) for job in jobs),
        moldables=_bounds(alternatives) if min(alternatives) > 1 else None,
        groups=_bounds(groups) if min(groups) > 1 else None,
    )


def _common(values: Iterable[bool]) -> bool | None:
    found = set(values)
    return found.pop() if len(found) == 1 else None


def _shifts(group: Sequence[Difference], here: Circumstances) -> list[int]:
    """By how many seconds each starts later; none if one of them has no start on a side."""
    found = [d.candidate.start - d.reference.start - here.origins for d in group if d.reference and d.candidate]
    return found if len(found) == len(group) else []


def _bounds(values: Sequence[int]) -> tuple[int, int] | None:
    return (min(values), max(values)) if values else None


def _is_crash(difference: Difference) -> bool:
    return difference.kind is DifferenceClass.CRASH


def _crash(difference: Difference, here: Circumstances) -> str:
    return _pattern(here.crashes[difference.why])


def _assertion(difference: Difference) -> str:
    """The pattern of an assertion that does not hold; empty if the job breaks none."""
    return _pattern(difference.why) if EXPECTED in difference.rules else ""


def _pattern(text: str) -> str:
    """A regular expression for the first line of a text, whatever its figures."""
    line = re.sub(r"([\\.^$*+?{}\[\]|()])", r"\\\1", text.partition("\n")[0][:_LONGEST])
    # A text of TOML cannot have the sign NUL.
    return re.sub(r"\d+", lambda _: r"\d+", line).replace("\0", ".")


def _glob(text: str) -> str:
    return re.sub(r"([*?[])", r"[\1]", text)


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _merged(drafts: Iterable[Draft]) -> Iterator[Draft]:
    heaps: dict[str, list[Draft]] = {}
    for draft in drafts:
        heaps.setdefault(repr(replace(draft.when, candidate=())), []).append(draft)
    for heap in heaps.values():
        candidates = tuple(dict.fromkeys(pattern for draft in heap for pattern in draft.when.candidate))
        yield replace(heap[0], when=replace(heap[0].when, candidate=candidates))


def _free(draft: Draft, taken: set[str]) -> str:
    stem = f"KD-{hashlib.sha256(repr(draft.when).encode()).hexdigest()[:6]}"
    names = (stem if number == 1 else f"{stem}-{number}" for number in count(1))
    return next(name for name in names if name not in taken)


def _words(when: Condition) -> dict[str, Any]:
    """What a condition says, by the words of a file; one value alone is written without brackets."""
    blank = Condition()
    said = {name: getattr(when, name) for name in Condition.__dataclass_fields__}
    return {
        name.replace("_", "-"): value[0] if isinstance(value, tuple) and len(value) == 1 else value
        for name, value in said.items()
        if value != getattr(blank, name)
    }
