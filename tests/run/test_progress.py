"""What is printed while a run goes on."""

from __future__ import annotations

import io

from rich.console import Console

from harness.run.events import Event, ObservationEnded, ObservationStarted, Planned, Stage
from harness.run.progress import Progress


def lines(*events: Event, terminal: bool = False) -> list[str]:
    """What is printed, without the seconds in front."""
    stream = io.StringIO()
    progress = Progress(Console(file=stream, force_terminal=terminal, width=60))
    for event in events:
        progress(event)
    progress.close()
    return [line.partition(" s  ")[2] for line in stream.getvalue().splitlines()]


def test_a_line_for_each_step_and_a_count() -> None:
    begun = ObservationStarted("c1", "plan", "one", "kao")
    assert lines(
        Stage("engine: 27.0 (own)"),
        Planned(3, 2, 2),
        begun,
        ObservationEnded("c1", "plan", "one", "kao", 1.26, "recorded"),
        ObservationEnded("c1", "live", "one", "kao", 12.0, "crash"),
        ObservationEnded("c2", "plan", "two", "kao", 0.0, "the engine refused"),
    ) == [
        "engine: 27.0 (own)",
        "2 cases under 2 columns: 3 observations to make",
        "[1/3] plan  kao  1.3 s",
        "[2/3] live  kao  12.0 s  crash",
        "[3/3] plan  kao  0.0 s  the engine refused",
    ]


def test_what_is_observed_again_counts_once() -> None:
    """A server that is lost takes a case with it that was seen in part: it is seen again, and the total holds."""
    first = [ObservationEnded("c1", "plan", "one", name, 1.0, "recorded") for name in ("kao", "kamelot")]
    said = lines(Planned(3, 1, 3), *first, *first, ObservationEnded("c1", "plan", "one", "native", 1.0, "recorded"))
    assert said[0] == "1 case under 3 columns: 3 observations to make"
    assert [line.partition(" ")[0] for line in said[1:]] == ["[1/3]", "[2/3]", "[2/3]", "[2/3]", "[3/3]"]


def test_nothing_planned() -> None:
    assert lines(Planned(0, 0, 0)) == ["0 cases under 0 columns: 0 observations to make"]


def test_signs_of_rich_s_markup_and_long_lines_stay_as_they_are() -> None:
    text = "building [bold]x[/bold] " + "long " * 40
    assert lines(Stage(text)) == [text]


def test_an_end_without_a_beginning_is_no_error() -> None:
    assert lines(ObservationEnded("c9", "plan", "t", "kao", 1.0, "recorded"))


def test_on_a_terminal_a_status_says_what_is_going_on_and_goes_away() -> None:
    stream = io.StringIO()
    progress = Progress(Console(file=stream, force_terminal=True, width=60))
    for name in ("kao", "kamelot", "another"):
        progress(ObservationStarted("c1", "plan", "one", name))
    progress.close()
    progress.close()
    assert "\x1b[?25l" in stream.getvalue(), "the cursor is hidden meanwhile"
    assert "\x1b[?25h" in stream.getvalue().rpartition("\x1b[?25l")[2]
