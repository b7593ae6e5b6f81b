"""What becomes of each departure at a site, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from harness.exposure.asked_condition import AskedCondition, is_of_jobs, said
from harness.exposure.departure_conditions import Conditioned
from harness.exposure.exposed_site import ConfLine, ExposedSite
from harness.exposure.hit_counts import NO_HITS, Hits
from harness.exposure.holding import Refusal, fits_column, refusals
from harness.exposure.site_history import HistoryFound, fields_untold


class Exposure(StrEnum):
    """What a departure is to a site."""

    HITS = "hits jobs"
    """Its condition holds of jobs of the period."""
    SITE = "holds here"
    """It holds by configuration, queues or resources, whoever submits what."""
    NOT_ASKED = "nobody asked for it"
    """Nothing rules it out; no job of the period is what it takes."""
    UNTOLD = "cannot be told"
    """The data do not say."""
    IMPOSSIBLE = "cannot happen"
    """Configuration, queues or the columns tried rule it out."""


@dataclass(frozen=True, slots=True)
class DepartureExposure:
    """One departure at one site.

    :ivar columns: the columns tried that do it. :ivar why: the reason, or what it takes beyond.
    :ivar lines: keys of oar.conf that its condition asks for.
    """

    entry: Conditioned
    exposure: Exposure
    columns: tuple[str, ...]
    hits: Hits = NO_HITS
    why: tuple[str, ...] = ()
    lines: tuple[ConfLine, ...] = ()

    @property
    def certain(self) -> bool:
        """Whether the condition is all it takes."""
        return not self.entry.at_most


def expose(site: ExposedSite, entries: Sequence[Conditioned], found: HistoryFound) -> list[DepartureExposure]:
    """What becomes of each departure, in their order."""
    return [_expose(site, entry, found) for entry in entries]


def _expose(site: ExposedSite, entry: Conditioned, found: HistoryFound) -> DepartureExposure:
    columns = tuple(
        column.id for column in site.here.columns if fits_column(entry.departure.candidates, column, site.here.queues)
    )
    if not columns:
        reason = f"none of the columns tried does it: it takes {' or '.join(entry.departure.candidates)}"
        return DepartureExposure(entry, Exposure.IMPOSSIBLE, (), why=(reason,))
    hits = found.hits.get(entry.id, NO_HITS)
    keys = dict.fromkeys(key for when in entry.when for key in when.conf)
    lines = tuple(site.lines[key] for key in keys if key in site.lines)
    exposure, why = _what(site, entry, found, hits)
    return DepartureExposure(entry, exposure, columns, hits, why, lines)


def _what(site: ExposedSite, entry: Conditioned, found: HistoryFound, hits: Hits) -> tuple[Exposure, tuple[str, ...]]:
    beyond = tuple(text for text in (entry.at_most, entry.unseen and f"not seen: {entry.unseen}") if text)
    if entry.unknown:
        return Exposure.UNTOLD, (entry.unknown,)
    if hits.jobs:
        return Exposure.HITS, beyond
    refused = [(when, refusals(when, site.here)) for when in entry.when]
    if any(not is_of_jobs(when) and not found_here for when, found_here in refused):
        return Exposure.SITE, beyond
    ruled_out = [_ruled_out(refusal) for _, refusal in refused]
    if all(ruled_out):
        reasons = tuple(dict.fromkeys(reason for reason in ruled_out if reason))
        return (
            (Exposure.UNTOLD, (f"not seen: {entry.unseen}", *reasons))
            if entry.unseen
            else (
                Exposure.IMPOSSIBLE,
                reasons,
            )
        )
    untold = _untold(site, refused, found, hits)
    if untold:
        return Exposure.UNTOLD, untold
    now = tuple(each.why for _, refusal in refused for each in refusal if not each.lasting)
    unseen = (f"not seen: {entry.unseen}",) if entry.unseen else ()
    return Exposure.NOT_ASKED, (*(now or ("no job was what it takes",)), *unseen)


def _ruled_out(refused: Sequence[Refusal]) -> str:
    """Why a condition can never hold as the site is configured; empty: it can."""
    return "; ".join(each.why for each in refused if each.lasting and each.answer is False)


def _untold(
    site: ExposedSite, refused: Sequence[tuple[AskedCondition, Sequence[Refusal]]], found: HistoryFound, hits: Hits
) -> tuple[str, ...]:
    """Why it cannot be told whether a condition that is not ruled out holds of a job."""
    reasons: dict[str, None] = {}
    for when, refusal in refused:
        if _ruled_out(refusal):
            continue
        of_jobs = is_of_jobs(when)
        if not of_jobs or hits.untold:
            reasons |= dict.fromkeys(each.why for each in refusal if each.answer is None)
        if of_jobs and not found.jobs:
            reasons["the folder has no jobs of that time"] = None
        elif of_jobs:
            reasons |= dict.fromkeys(fields_untold(when, found))
            if "quota" in said(when) and not site.quotas:
                reasons["the folder has no quotas: has the server a scheduler_quotas.conf?"] = None
    if hits.untold and not reasons:
        reasons[f"of {hits.untold:,} job{'s' * (hits.untold > 1)} a condition cannot be evaluated"] = None
    return tuple(reasons)
