"""What a run ends with on the terminal: readable at 80 columns, without colour, and in a CI job's log."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path

from rich.console import Console
from rich.text import Text

from harness.model.result import CombinationResult, KnownState, RunResult, Status, Verdict
from harness.report import grouping
from harness.report.console import Terminal
from harness.report.safe_text import one_line
from harness.report.sentence import sentence
from harness.report.short_ids import Names, shorten
from harness.report.wording import DRAFT, EXIT_CODES, STATUSES, all_combinations, copies_of, counts_of, number, remark

WORST = 8
"""How many groups of differences are shown; the reports have all of them."""
_WIDEST = 110

_MARKS = {
    Verdict.COMPATIBLE: ("✔", "compatible", "green"),
    Verdict.COMPATIBLE_WITH_KNOWN_DIFFERENCES: ("≈", "compatible", "green"),
    Verdict.INCOMPATIBLE: ("✘", "incompatible", "bold red"),
    Verdict.INCONCLUSIVE: ("?", "inconclusive", "yellow"),
}
_ASCII = str.maketrans({"✔": "+", "≈": "~", "✘": "x", "…": "...", "·": "-", "×": "x", "—": "-", "→": "->", "⚠": "!"})


def print_summary(result: RunResult, folder: Path, console: Console | None = None) -> None:
    """Print the summary of a run whose reports lie in ``folder``.

    Nothing is wrapped but sentences; ids of combinations stay whole. If the terminal cannot show the signs
    used (an encoding other than UTF), plain ones stand in for them.
    """
    console = console or Terminal(highlight=False)
    width = max(40, min(console.width, _WIDEST))
    for line in summary(result, folder, width):
        if not console.encoding.startswith("utf"):
            line = _plain(line, console.encoding)
        console.print(line, no_wrap=True, overflow="ignore", crop=False, highlight=False)


def summary(result: RunResult, folder: Path, width: int = 80) -> Iterator[Text]:
    """The summary's lines, each at most ``width`` wide but for ids and paths, which are never broken."""
    missing = (entry.what for entry in result.missing if " " not in entry.what)
    names = shorten([*(c.id for c in all_combinations(result)), result.reference, *missing], at_most=width - 30)
    style = _MARKS[result.verdict][2]
    yield from _wrapped(sentence(result), width, style=f"bold {style.removeprefix('bold ')}")
    yield Text()
    yield from _combinations(result, names)
    yield from _procedures(result, names, width)
    yield from _worst(result, names, width)
    yield from _by_reference(result, width)
    yield from _refused(result, width)
    yield from _of_reference(result, width)
    yield from _opinions(result, width)
    yield from _known(result, width)
    yield from _not_run(result, width)
    yield from _missing(result, names, width)
    yield from _warnings(result, width)
    yield Text()
    yield Text("Reports   ") + Text(str(folder), style="bold")
    yield Text("          report.html  report.md  report.json  junit.xml", style="dim")
    if (folder / DRAFT).is_file():
        yield Text(f"          {DRAFT}: to fill in where you accept them", style="dim")
    yield (
        Text("Exit code ")
        + Text(f"{int(result.exit_code)}", style=style)
        + Text(f" — {EXIT_CODES[result.exit_code]}")
    )


def _combinations(result: RunResult, names: Names) -> Iterator[Text]:
    entries = all_combinations(result)
    yield Text("Reference ") + Text(names[result.reference], style="bold")
    if names.legend:
        yield Text(f"          ({names.legend})", style="dim")
    for copy in copies_of(result.environment):
        yield Text("OAR3      ", style="dim") + Text(copy, style="dim")
    yield Text()
    digits = max((len(str(c.cases)) for c in entries), default=1)
    for combination in entries:
        # Verdicts are of candidates.
        own = combination.id == result.reference and not all(case.procedure for case in result.cases)
        mark, word, style = ("·", "reference", "") if own else _MARKS[combination.verdict]
        cases = f"{combination.cases:>{digits}} {'case ' if combination.cases == 1 else 'cases'}"
        line = Text("  ") + Text(f"{mark} {word:<12}", style=style) + Text(f"  {cases}  {names[combination.id]}")
        yield line
        details = _details(result, combination)
        if details:
            yield Text(" " * (26 + digits) + " · ".join(details), style="dim")


def _details(result: RunResult, combination: CombinationResult) -> list[str]:
    count = counts_of(result, combination.id)
    details = [f"{count[status]} {word}" for status, word in STATUSES.items() if count[status]]
    # That all of them agree is what the mark says already.
    if set(count) <= {Status.AGREES}:
        details = []
    if combination.accepted_crashes:
        details.append(number(combination.accepted_crashes, "accepted crash", "accepted crashes"))
    if combination.adaptations:
        details.append(f"{len(combination.adaptations)} adaptation{'s' * (len(combination.adaptations) > 1)}")
    return details


def _procedures(result: RunResult, names: Names, width: int) -> Iterator[Text]:
    """How far the documented words carry, what was added to them, and what is not undone: of each procedure."""
    cases = [case for case in result.cases if case.procedure is not None]
    if not cases:
        return
    yield from _heading("Procedures, as documented")
    for case in cases:
        yield Text("  ") + Text(one_line(case.title), style="bold") + Text(f"  {names[case.candidate]}", style="dim")
        for note in case.notes:
            fails = note.startswith("as written: fails")
            yield from _wrapped(one_line(note), width, indent=4, style="red" if fails else "")


def _worst(result: RunResult, names: Names, width: int) -> Iterator[Text]:
    groups = grouping.worst(result)
    if not groups:
        return
    yield from _heading("Differences, worst first")
    for group in groups[:WORST]:
        count = f" ×{group.count}" if group.count > 1 else ""
        yield Text("  ") + Text(f"{group.label}{count}", style="red") + Text(f"  {_where(group, names)}", style="dim")
        yield from _wrapped(_example(group), width, indent=4)
    left = groups[WORST:]
    if left:
        total = sum(group.count for group in left)
        yield Text(f"  … and {total} more of {number(len(left), 'other kind')}: see the reports", style="dim")


def _by_reference(result: RunResult, width: int) -> Iterator[Text]:
    """What the reference breaks by itself, which is nobody's difference."""
    groups = grouping.by_reference(result)
    if not groups:
        return
    yield from _heading("Under the reference itself: check the scenario, or OAR2", "yellow")
    for group in groups[:WORST]:
        yield Text("  ") + Text(group.label, style="yellow") + Text(f"  {_cases(group)}", style="dim")
        yield from _wrapped(_example(group), width, indent=4)
    if len(groups) > WORST:
        yield Text(f"  … and {number(len(groups) - WORST, 'more kind')}: see the reports", style="dim")


def _refused(result: RunResult, width: int) -> Iterator[Text]:
    """What oarsub refused, in its words, and the line that was typed; what nobody expects first."""
    found = grouping.refused(result)
    if not found:
        return
    unexpected = sum(not each.refusal.expected for each in found)
    expected = (
        f": {unexpected} of {len(found)} that no scenario expects" if unexpected else ", as the scenarios expect"
    )
    yield from _heading(f"Refused by oarsub{expected}", "yellow" if unexpected else "")
    for each in found[:WORST]:
        yield (
            Text("  ")
            + Text(one_line(each.refusal.label), style="bold")
            + Text(f"  {one_line(each.case)}", style="dim")
        )
        yield from _wrapped(one_line(each.refusal.words) or "without a word", width, indent=4)
        if each.refusal.command:
            yield from _wrapped(f"typed: {one_line(each.refusal.command)}", width, indent=4, style="dim")
    if len(found) > WORST:
        yield Text(f"  … and {len(found) - WORST} more: see the reports", style="dim")


def _of_reference(result: RunResult, width: int) -> Iterator[Text]:
    """Cases in which the reference contradicts itself, which is no candidate's difference."""
    shared = grouping.about_reference(result)
    if not shared:
        return
    yield from _heading("What the reference shows against itself")
    for (title, line), count in list(shared.items())[:WORST]:
        under = f" ({number(count, 'combination')})" if count > 1 else ""
        yield from _wrapped(f"{one_line(title)}: {one_line(line)}{under}", width, indent=2)
    if len(shared) > WORST:
        yield Text(f"  … and {len(shared) - WORST} more: see the reports", style="dim")


def _opinions(result: RunResult, width: int) -> Iterator[Text]:
    """One line for each case on which there is an opinion; several candidates that share it are counted."""
    shared: dict[tuple[str, str], int] = {}
    for case in result.cases:
        if case.opinion and not case.opinion.why:
            key = (one_line(case.title), one_line(str(case.opinion)))
            shared[key] = shared.get(key, 0) + 1
    if not shared:
        return
    yield from _heading("Third opinion")
    for (title, opinion), count in list(shared.items())[:WORST]:
        under = f" ({number(count, 'combination')})" if count > 1 else ""
        yield from _wrapped(f"{title}: {opinion}{under}", width, indent=2)
    if len(shared) > WORST:
        yield Text(f"  … and {len(shared) - WORST} more: see the reports", style="dim")


def _known(result: RunResult, width: int) -> Iterator[Text]:
    counts: dict[str, int] = {}
    for group in grouping.known(result):
        counts[group.known or ""] = counts.get(group.known or "", 0) + group.count
    telling = [use for use in result.known if use.state not in (KnownState.USED, KnownState.NOT_MET)]
    idle = [one_line(use.id) for use in result.known if use.state is KnownState.NOT_MET]
    if counts or telling or idle:
        yield Text()
    if counts:
        listed = ", ".join(f"{one_line(name)} ×{count}" for name, count in counts.items())
        yield from _wrapped(f"Known differences: {listed}", width)
    for use in telling:
        words = f"⚠ {use.id} ({use.title}; {use.owner}): {remark(use)}"
        yield from _wrapped(one_line(words), width, indent=2, style="yellow")
    if idle:
        what = f"{number(len(idle), 'known difference')} for no case of this run: {', '.join(idle)}"
        yield from _wrapped(what, width, indent=2, style="dim")


def _not_run(result: RunResult, width: int) -> Iterator[Text]:
    groups = grouping.not_run(result)
    if not groups:
        return
    yield from _heading("Not compared", "yellow")
    for group in groups:
        cases, combinations = number(len(group.cases), "case"), number(len(group.candidates), "combination")
        yield from _wrapped(
            f"{cases} under {combinations}: {one_line(group.why) or 'no reason given'}", width, indent=2
        )


def _warnings(result: RunResult, width: int) -> Iterator[Text]:
    if not result.warnings:
        return
    yield from _heading("⚠ Look at your files", "yellow")
    for warning in result.warnings[:WORST]:
        yield from _wrapped(one_line(warning), width, indent=2)
    if len(result.warnings) > WORST:
        yield Text(f"  … and {len(result.warnings) - WORST} more: see the reports", style="dim")


def _missing(result: RunResult, names: Names, width: int) -> Iterator[Text]:
    if not result.missing:
        return
    together: dict[tuple[str, str], list[str]] = {}
    for entry in result.missing:
        together.setdefault((entry.why, entry.how), []).append(names[entry.what])
    yield from _heading(f"⚠ MISSING: {number(len(result.missing), 'thing')} asked for could not be tested", "yellow")
    for (why, how), whats in together.items():
        for what in whats:
            yield Text("  ") + Text(one_line(what), style="bold")
        yield from _wrapped(f"why: {one_line(why)}", width, indent=4)
        yield from _wrapped(f"get it: {one_line(how)}", width, indent=4)


def _where(group: grouping.DifferenceGroup, names: Names) -> str:
    """In which cases and combinations: by name if there is one, else counted."""
    case = _cases(group)
    if len(group.candidates) == 1:
        return f"{case} · {names[group.candidates[0]]}"
    return f"{case} · {number(len(group.candidates), 'combination')}"


def _cases(group: grouping.DifferenceGroup) -> str:
    return one_line(group.cases[0]) if len(group.cases) == 1 else number(len(group.cases), "case")


def _example(group: grouping.DifferenceGroup) -> str:
    job = f"{one_line(group.jobs[0])}: " if len(group.jobs) == 1 else ""
    jobs = f"{len(group.jobs)} jobs, such as {one_line(group.jobs[0])}: " if len(group.jobs) > 1 else ""
    return f"{job}{jobs}{one_line(group.why) or 'no reason given'}"


def _heading(words: str, style: str = "") -> Iterable[Text]:
    return Text(), Text(words, style=f"bold {style}".strip())


def _wrapped(words: str, width: int, *, indent: int = 0, style: str = "") -> Iterator[Text]:
    blank = " " * indent
    lines = textwrap.wrap(
        words,
        width,
        initial_indent=blank,
        subsequent_indent=blank,
        break_long_words=False,
        break_on_hyphens=False,
        max_lines=6,
        placeholder=" …",
    )
    for line in lines:
        yield Text(line, style=style)


def _plain(line: Text, encoding: str) -> Text:
    plain = line.plain.translate(_ASCII).encode(encoding, "replace").decode(encoding, "replace")
    # Signs of several letters move the styles' places: a line of one style keeps it, others go without.
    return Text(plain, style=line.style if not line.spans else "")
