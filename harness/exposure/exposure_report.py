"""What a site's exposure comes to, for people and programs: the terminal, ``exposure.md`` and ``exposure.json``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from harness.exposure.exposed_site import ConfLine, ExposedSite
from harness.exposure.exposure_result import DepartureExposure, Exposure
from harness.exposure.site_history import HistoryFound
from harness.model.bounds import one_line

SCHEMA = "oar-compat-exposure/1"
_SIGNS = "\\|<>`*_[]"


@dataclass(frozen=True, slots=True)
class ExposureReport:
    """All of it."""

    site: ExposedSite
    found: HistoryFound
    departures: Sequence[DepartureExposure]

    def of(self, exposure: Exposure) -> list[DepartureExposure]:
        """Those of one kind, those that hit most jobs first."""
        chosen = [each for each in self.departures if each.exposure is exposure]
        return sorted(chosen, key=lambda each: (not each.certain, -each.hits.jobs))

    @property
    def possible(self) -> int:
        """How many can happen."""
        return sum(each.exposure not in (Exposure.IMPOSSIBLE, Exposure.UNTOLD) for each in self.departures)

    def sentence(self, period: str) -> str:
        """The first line of all reports."""
        certain = [each for each in self.of(Exposure.HITS) if each.certain]
        jobs = f"{self.found.hit_jobs:,} of {self.found.jobs:,} jobs of {period}"
        return (
            f"Of {len(self.departures)} known departures {self.possible} can happen here;"
            f" {len(certain) or 'none'} would have hit {jobs}."
        )

    def summary(self, period: str) -> list[str]:
        """What is shown on the terminal."""
        lines = [self.sentence(period), self._rest()]
        for each in self.of(Exposure.HITS):
            lines += ["", f"{each.entry.id}: {each.entry.departure.title}", f"  {self._figures(each)}"]
        for each in self.of(Exposure.SITE):
            lines += ["", f"{each.entry.id}: {each.entry.departure.title}", f"  holds here{_set(each.lines)}"]
        if ignored := self.site.ignored():
            names = ", ".join(f"{line.key} ({line.place})" for line in ignored)
            lines += ["", f"keys that no program of OAR3 reads: {names}"]
        return [one_line(line) if line else "" for line in lines]

    def _rest(self) -> str:
        more = [each for each in self.of(Exposure.HITS) if not each.certain]
        parts = [
            (len(more), "may have hit jobs, if a round had done its part"),
            (len(self.of(Exposure.SITE)), "hold by configuration or resources"),
            (len(self.of(Exposure.NOT_ASKED)), "took what no job was"),
            (len(self.of(Exposure.UNTOLD)), "cannot be told"),
            (len(self.of(Exposure.IMPOSSIBLE)), "cannot happen"),
        ]
        return "; ".join(f"{count} {what}" for count, what in parts if count) + "."

    def _figures(self, each: DepartureExposure) -> str:
        hits = each.hits
        at_most = "" if each.certain else "at most "
        queued = f", {hits.queued:,} of them not over" if hits.queued else ""
        return (
            f"{at_most}{_counted(hits.jobs, 'job')} of {_counted(hits.users, 'user')} in"
            f" {_counted(hits.projects, 'project')}, {self._share(each)} of core-hours,"
            f" {_day(hits.first)} to {_day(hits.last)}{queued}"
        )

    def _share(self, each: DepartureExposure) -> str:
        total = self.found.core_seconds
        return f"{100 * each.hits.core_seconds / total:.1f} %" if total else "an unknown share"

    def markdown(self, period: str) -> str:
        """``exposure.md``."""
        return "\n".join(self._markdown(period)) + "\n"

    def _markdown(self, period: str) -> Iterator[str]:
        yield from (f"# Exposure of {_cell(self.site.site.title)}", "", self.sentence(period), "", self._rest(), "")
        columns = ", ".join(f"`{column.id}`" for column in self.site.here.columns)
        yield f"Tried: {columns}. Jobs submitted from {_day(self.found.begin)} to {_day(self.found.end)}."
        yield "One resource of type `default` counts as one core. *at most*: what else it takes only a round shows."
        if shown := self.of(Exposure.HITS):
            yield from ("", "## Departures that hit jobs", "")
            yield "| departure | jobs | users | projects | core-hours | first | last | not over |"
            yield "|---|---|---|---|---|---|---|---|"
            for each in shown:
                hits, at_most = each.hits, "" if each.certain else "at most "
                cells = (
                    f"[{each.entry.id}](#{each.entry.id.lower()}) {_cell(each.entry.departure.title)}",
                    f"{at_most}{hits.jobs:,}",
                    f"{hits.users:,}",
                    f"{hits.projects:,}",
                    self._share(each),
                    _day(hits.first),
                    _day(hits.last),
                    f"{hits.queued:,}",
                )
                yield "| " + " | ".join(cells) + " |"
            for each in shown:
                yield from self._told(each)
        if shown := self.of(Exposure.SITE):
            yield from ("", "## Departures by configuration, queues or resources")
            for each in shown:
                yield from self._told(each)
        for exposure, head in (
            (Exposure.NOT_ASKED, "Can happen; no job of this time was what it takes"),
            (Exposure.UNTOLD, "Cannot be told"),
            (Exposure.IMPOSSIBLE, "Cannot happen here"),
        ):
            if shown := self.of(exposure):
                yield from ("", f"## {head}", "", "| departure | why |", "|---|---|")
                for each in shown:
                    why = "; ".join(each.why)
                    yield f"| {each.entry.id} {_cell(each.entry.departure.title)} | {_cell(why)} |"
        yield from self._keys()

    def _told(self, each: DepartureExposure) -> Iterator[str]:
        departure = each.entry.departure
        yield from ("", f"### {each.entry.id}", "", _cell(departure.title), "")
        yield f"- under {', '.join(f'`{column}`' for column in each.columns)}"
        for line in each.lines:
            yield f"- {_cell(line.place)}: `{line.key}` is {_cell(line.value) or 'empty'}"
        for why in each.why:
            yield f"- {_cell(why)}"
        yield f"- consequence: {_cell(' '.join(departure.consequence.split()))}"
        yield f"- remedy: {_cell(' '.join(departure.remedy.split()))}"
        for example in each.hits.examples:
            who = f"job {example.job} of {_cell(example.user)}, {_day(example.submitted)}"
            yield f"- {who}: {_cell(example.asked)}"

    def _keys(self) -> Iterator[str]:
        for lines, head, what in (
            (self.site.ignored(), "Keys that no program of OAR3 reads", "OAR2 alone reads it"),
            (self.site.unread(), "Keys that neither OAR2 nor OAR3 reads", "is it mistyped?"),
        ):
            if lines:
                yield from ("", f"## {head}", "", "| key | where | |", "|---|---|---|")
                for line in lines:
                    yield f"| {_cell(line.key)} | {_cell(line.place)} | {what} |"

    def as_json(self, period: str) -> str:
        """``exposure.json``."""
        found = self.found
        content = {
            "schema": SCHEMA,
            "site": self.site.site.title,
            "summary": self.sentence(period),
            "columns": [column.id for column in self.site.here.columns],
            "jobs": found.jobs,
            "hit-jobs": found.hit_jobs,
            "core-hours": round(found.core_seconds / 3600, 3),
            "since": found.since,
            "first": found.begin,
            "last": found.end,
            "departures": [self._entry(each) for each in self.departures],
            "keys": {
                "ignored": [{"key": line.key, "place": line.place} for line in self.site.ignored()],
                "unread": [{"key": line.key, "place": line.place} for line in self.site.unread()],
            },
        }
        return json.dumps(content, indent=1, ensure_ascii=False) + "\n"

    def _entry(self, each: DepartureExposure) -> dict[str, Any]:
        hits = each.hits
        return {
            "id": each.entry.id,
            "title": each.entry.departure.title,
            "exposure": each.exposure.value,
            "columns": list(each.columns),
            "certain": each.certain,
            "why": list(each.why),
            "remedy": each.entry.departure.remedy,
            "conf": [{"key": line.key, "value": line.value, "place": line.place} for line in each.lines],
            "jobs": hits.jobs,
            "users": hits.users,
            "projects": hits.projects,
            "core-hours": round(hits.core_seconds / 3600, 3),
            "share": round(hits.core_seconds / self.found.core_seconds, 6) if self.found.core_seconds else None,
            "not-over": hits.queued,
            "untold": hits.untold,
            "first": hits.first,
            "last": hits.last,
            "examples": [
                {"job": one.job, "user": one.user, "submitted": one.submitted, "asked": one.asked}
                for one in hits.examples
            ],
        }


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _day(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d") if 0 < moment < 1 << 34 else "—"


def _set(lines: Sequence[ConfLine]) -> str:
    return ": " + ", ".join(f'{line.key}="{line.value}" ({line.place})' for line in lines) if lines else ""


def _cell(text: str) -> str:
    text = one_line(text)
    for sign in _SIGNS:
        text = text.replace(sign, f"\\{sign}")
    return text
