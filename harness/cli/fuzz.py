"""The commands ``oar-compat fuzz`` and ``oar-compat shrink``."""

from __future__ import annotations

import functools
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from harness.cli.options import PATH, VERBOSE, progress_shown
from harness.fuzz.finding import DRAFT
from harness.fuzz.fuzz_run import FuzzOutcome, FuzzRequest, fuzz
from harness.fuzz.generate import Feature, Size, parse_features
from harness.model.combination import did_you_mean
from harness.model.debian import CHOICE
from harness.model.fault import ConfigurationFault, ExitCode
from harness.model.record import Missing
from harness.report.console import readers_may_leave


class _Number(click.FloatRange):
    """A number; ``nan`` is none, though click finds it in every range."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuse what is no number."""
        number = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail(f"{value!r} is not a number", param, ctx)
        return number


_SHARED = (
    click.option(
        "--candidate", required=True, metavar="ID", help="Combination or scheduler to compare: kamelot, kao …"
    ),
    click.option("--reference", default="", metavar="ID", help="Combination to compare with; default: the site's."),
    click.option("--minutes", type=_Number(0.05, 10_000), default=10.0, help="How long; default: 10."),
    click.option("--site", type=PATH, metavar="FOLDER", help="Folder of the site; default: the demonstration."),
    click.option("--oar2", "debian", default="", metavar="RELEASE", help=f"Debian release: {CHOICE}."),
    click.option(
        "--oar3", multiple=True, metavar="[LABEL=]PATH|VERSION", help="OAR3: .debs, a source tree, or a version."
    ),
    click.option("--findings", type=PATH, metavar="FOLDER", help="Where findings are kept, and remembered from."),
    click.option(
        "--known", type=PATH, multiple=True, metavar="FOLDER", help="Folder of known differences (*.toml); repeat."
    ),
    click.option("--reports", type=PATH, default=Path("reports"), help="Where reports go; default: reports."),
    click.option("--workers", type=click.IntRange(1, 64), help="Comparisons at a time; default: processors + 1."),
    click.option("--limit", type=_Number(1, 3600), default=30.0, help="Seconds a round may take."),
    VERBOSE,
)


def _shared(command: Callable[..., None]) -> Callable[..., None]:
    return functools.reduce(lambda made, option: option(made), reversed(_SHARED), command)


@click.command("fuzz")
@_shared
@click.option("--seed", type=click.IntRange(0), help="Of the scenarios; default: any.")
@click.option("--without", default="", metavar="FEATURE,…", help="Features to leave out; --without help lists them.")
@click.option("--jobs", type=click.IntRange(1, 200), default=20, help="Most jobs of a scenario; default: 20.")
@click.option("--nodes", type=click.IntRange(1, 64), default=8, help="Most nodes; default: 8.")
@click.option("--resources", type=click.IntRange(1, 1024), default=64, help="Most resources; default: 64.")
def fuzz_command(without: str, jobs: int, nodes: int, resources: int, verbosity: int, **asked: Any) -> None:
    """Invent clusters, configurations and workloads until the candidate disagrees, and hand over the smallest."""
    if without == "help":
        for feature in Feature:
            click.echo(f"  {feature.value:<13} {feature.meaning}")
        return
    try:
        features = parse_features(without)
    except ValueError as error:
        raise ConfigurationFault(
            f"there is no feature {str(error)!r}",
            where="--without",
            remedy=did_you_mean(str(error), [feature.value for feature in Feature]),
        ) from None
    _run(FuzzRequest(size=Size(jobs, nodes, resources), without=features, **_given(asked)), verbosity)


@click.command("shrink")
@_shared
def shrink_command(verbosity: int, **asked: Any) -> None:
    """Go on making findings smaller where the time of `oar-compat fuzz` did not suffice."""
    _run(FuzzRequest(only_shrink=True, **_given(asked)), verbosity)


def _given(asked: dict[str, Any]) -> dict[str, Any]:
    return {**asked, "workers": asked["workers"] or 0}


def _run(request: FuzzRequest, verbosity: int) -> None:
    with progress_shown(verbosity) as progress:
        outcome = fuzz(request, progress)
    if isinstance(outcome, Missing):
        click.echo(f"oar-compat: {outcome.what}: {outcome.why}; {outcome.how}", err=True)
        sys.exit(ExitCode.INCONCLUSIVE)
    with readers_may_leave():
        _print_outcome(outcome)
    if outcome.of_candidate:
        sys.exit(ExitCode.INCOMPATIBLE)
    # Where nothing was compared nothing agrees; to shrink is to compare again.
    sys.exit(ExitCode.COMPATIBLE if outcome.compared - outcome.idle + outcome.steps > 0 else ExitCode.INCONCLUSIVE)


def _print_outcome(outcome: FuzzOutcome) -> None:
    rate = 60 * (outcome.compared + outcome.steps) / max(outcome.seconds, 1e-9)
    click.echo(
        f"\n{outcome.compared - outcome.idle} scenarios compared, {outcome.differed} differ unexplained"
        f"{f', {outcome.idle} more with nothing to compare' if outcome.idle else ''}; {outcome.steps} steps of "
        f"shrinking; {outcome.seconds:.0f} s, {rate:.0f} comparisons a minute; seed {outcome.seed}"
    )
    if outcome.unsteady:
        click.echo(f"  {outcome.unsteady} of them do not when the same scenario is compared again: noise, no finding")
    for name, count in outcome.known.items():
        click.echo(f"  {name} explained something in {count} of them")
    for finding, place in zip(outcome.findings, outcome.places, strict=True):
        marks = [
            *(["about the reference itself, no difference"] if finding.symptom.about_reference else []),
            f"{len(finding.scenario.jobs)} jobs",
            f"seen {finding.seen} times",
            *([] if finding.minimal else ["not yet made small: oar-compat shrink"]),
            *([] if finding.name not in outcome.unconfirmed else ["NOT seen again with oarsub and cold programs"]),
        ]
        click.echo(f"\n  {finding.symptom}   needs: {', '.join(sorted(finding.features)) or 'nothing but jobs'}")
        click.echo(f"    {', '.join(marks)}\n    {place / 'scenario.toml'}")
        if (place / DRAFT).is_file():
            click.echo(f"    {place / DRAFT}: to fill in where you accept it")
        if finding.why:
            click.echo(f"    {finding.why[0][:200]}")
    if outcome.waiting:
        click.echo(f"\n  {outcome.waiting} more differ and wait to be made small: oar-compat shrink")
    click.echo(f"\nreport: {outcome.outcome.folder / 'report.html'}")
