"""report.html: one file, nothing fetched, nothing run; charts that can be compared."""

from __future__ import annotations

import dataclasses
import re
from html.parser import HTMLParser
from xml.etree.ElementTree import fromstring

from hypothesis import given
from hypothesis import strategies as st

from harness.model.difference import Difference, DifferenceClass
from harness.model.record import RunRecord
from harness.model.result import RunResult
from harness.model.schedule import Schedule, Situation
from harness.report.gantt import window
from harness.report.html import as_html
from harness.report.svg import MOST_JOBS, chart, colour
from tests.report import examples
from tests.report.strategies import judged_runs, schedules, situations, whole_runs

VOID = {"meta", "wbr"}


class Page(HTMLParser):
    """Every tag and attribute; fails if tags are not closed in the order they were opened."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@whole_runs
@given(judged_runs())
def test_any_run_makes_a_closed_page_that_fetches_and_runs_nothing(run: tuple[RunResult, RunRecord]) -> None:
    text = as_html(*run)
    page = Page(text)
    assert page.open == []
    assert not {"script", "link", "img", "iframe", "object", "a", "base", "form"} & set(page.tags)
    assert not {"src", "href", "srcset", "action", "data"} & page.attributes
    assert not [name for name in page.attributes if name.startswith("on")]
    style = text[text.index("<style>") : text.index("</style>")]
    assert "@import" not in style
    assert set(re.findall(r"url\(([^)]*)\)", style)) == {"#off"}
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", text)


@whole_runs
@given(situations, schedules)
def test_any_chart_is_well_formed(situation: Situation, schedule: Schedule) -> None:
    differences = {name: Difference(name, DifferenceClass.LATER, "<&>\x00") for name in schedule.fates}
    drawn = chart(
        situation, schedule, window(situation, [schedule]), order={}, differences=differences, title='"<x>"'
    )
    for rect in fromstring(drawn).iter("rect"):
        assert float(rect.get("width", "")) >= 0
        assert float(rect.get("height", "")) > 0


def test_a_job_has_one_colour_in_both_charts() -> None:
    text = as_html(examples.result(), examples.record())
    section = text[text.index('<section class="differs">') : text.index('<section class="known">')]
    reference, candidate = section.split("<figure>")[1:]
    short = r'<title>short:.*?</title><rect[^>]* fill="([^"]+)"'
    assert re.findall(short, reference) == re.findall(short, candidate)
    assert len(re.findall(short, reference)) == 1


def test_jobs_that_differ_are_outlined_by_how_bad_it_is() -> None:
    text = as_html(examples.result(), examples.record())
    assert re.search(r'<g class="job bad"><title>short: \+1:52:00 to \+2:02:00 \(0:10:00\), on 5-8 — later', text)
    assert '<g class="job mild"><title>sweep[3]' in text
    assert '<g class="job known"><title>short' in text


def test_what_agrees_is_drawn_once() -> None:
    text = as_html(examples.result(), examples.record())
    agreeing = text[text.index('<details class="agrees">') :]
    assert agreeing.count("<figure>") == 1
    assert "and the same" in agreeing


def test_the_verdict_comes_first_and_what_is_missing_next() -> None:
    text = as_html(examples.without_oar3(), examples.record())
    assert text.index("Inconclusive: 4 things") < text.index("Not tested: 4 missing") < text.index("Combinations")


def test_the_third_opinion_is_told() -> None:
    page = as_html(examples.result(), examples.record())
    assert '<p class="soft">Third opinion: the reference departs from plain FIFO with backfilling for 1 of 2' in page


def test_a_job_that_differs_is_drawn_however_many_there_are() -> None:
    last = f"job{MOST_JOBS + 9}"
    crowd = {f"job{n}": examples.TRUSTED.fates["short"] for n in range(MOST_JOBS + 10)}
    schedule = Schedule(crowd)
    drawn = chart(
        examples.SITUATION,
        schedule,
        window(examples.SITUATION, [schedule]),
        order={},
        differences={last: Difference(last, DifferenceClass.LATER, "late")},
        title="",
    )
    assert f"<title>{last}:" in drawn
    assert drawn.count("<g ") == MOST_JOBS


def test_a_case_that_was_not_recorded_is_still_reported() -> None:
    record = dataclasses.replace(examples.record(), cases=())
    text = as_html(examples.result(), record)
    assert "starts 6660 s later" in text
    assert "<figure>" not in text


@given(st.text(max_size=10), st.dictionaries(st.text(max_size=10), st.integers(0, 999), max_size=3))
def test_colours_are_css(job: str, order: dict[str, int]) -> None:
    assert re.fullmatch(r"hsl\(\d+ \d+% \d+%\)", colour(job, order))
