"""OAR2's ``scheduler_quotas.conf``, a file of Perl, read as far as its documented syntax goes, and written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from harness.model import bounds
from harness.model.fault import ConfigurationFault
from harness.model.quota import PER, Quota

_WORD = r"""\s*->\s*\{\s*(?:'([^']*)'|"([^"]*)"|([\w-]+))\s*\}"""
_NUMBER = r"-?\d{1,12}(?:\.\d{1,12})?"
_LINE = re.compile(
    rf"\s*\$Gantt_quotas{_WORD * 4}\s*=\s*(?:({_NUMBER})|\[\s*({_NUMBER}(?:\s*,\s*{_NUMBER})*)\s*,?\s*\])\s*"
)


def parse_quotas(text: str, where: str = "scheduler_quotas.conf") -> tuple[Quota, ...]:
    """The quotas of a file, in its order, the last of each key.

    ``$Gantt_quotas->{queue}->{project}->{type}->{user} = [resources, jobs, hours];``, or one number for the resources
    alone. ``#`` begins a comment. Raises ConfigurationFault, with the line, on anything else: OAR2 would run it as
    Perl.
    """
    found: dict[tuple[str, str, str, str], Quota] = {}
    for quota in each_quota(text, where):
        if isinstance(quota, ConfigurationFault):
            raise quota
        found.pop(quota.key, None)
        found[quota.key] = quota
    return tuple(found.values())


def each_quota(text: str, where: str = "scheduler_quotas.conf") -> Iterator[Quota | ConfigurationFault]:
    """The statements of a file in its order: a quota, or what is wrong with it."""
    rest = "\n".join(line.partition("#")[0] for line in text.splitlines())
    ended = 0
    for statement in rest.split(";"):
        before = statement[: len(statement) - len(statement.lstrip())]
        line = ended + before.count("\n") + 1
        ended += statement.count("\n")
        if statement.strip():
            try:
                yield _quota(statement, f"{where}, line {line}")
            except ConfigurationFault as fault:
                yield fault


def _quota(statement: str, where: str) -> Quota:
    match = _LINE.fullmatch(statement)
    if match is None:
        raise ConfigurationFault(
            f"no quota: {' '.join(statement.split())[:80]!r}",
            where=where,
            remedy="write $Gantt_quotas->{'queue'}->{'project'}->{'type'}->{'user'} = [resources, jobs, hours];",
        )
    groups = match.groups()
    queue, project, kind, user = (next(w for w in groups[3 * i : 3 * i + 3] if w is not None) for i in range(4))
    numbers = [float(n) for n in (groups[12] or groups[13]).split(",")]
    if kind == PER or len(numbers) > 3:
        what = "'/' is no type" if kind == PER else "more than three limits"
        raise ConfigurationFault(what, where=where, remedy="see the comments of the file")
    if max(numbers) > bounds.GREATEST or min(numbers) < -bounds.GREATEST:
        raise ConfigurationFault("a limit beyond all numbers", where=where, remedy="write -1 for no limit")
    resources, jobs, hours = (*numbers, -1, -1)[:3]
    return Quota(queue, project, kind, user, int(resources), int(jobs), hours)


def dump_quotas(quotas: Iterable[Quota]) -> str:
    """A file that :func:`parse_quotas` reads as these quotas."""
    lines = []
    for quota in quotas:
        key = "->".join(f"{{'{word}'}}" for word in quota.key)
        lines.append(f"$Gantt_quotas->{key} = [{quota.resources}, {quota.jobs}, {quota.hours:.12g}];\n")
    return "".join(lines)
