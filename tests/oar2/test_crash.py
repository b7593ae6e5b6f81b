"""What logs and exit codes of rounds say: texts as OAR's programs really write them."""

from __future__ import annotations

import pytest

from harness.model.record import Crash
from harness.oar2.crash import find_crashes

CLEAN = """\
I|2026-11-22T19:03:12.278|MetaSched/311||Starting Meta Scheduler
I|2026-11-22T19:03:12.301|MetaSched/311||Queue default: Launching scheduler kamelot at time 2026-11-22 19:03:13
I|2026-11-22T19:03:12.611|MetaSched/311||Queue default: begin processing of reservations with status toSchedule
W|2026-11-22T19:03:12.700|MetaSched/311||No kinds of walltime error, and nothing raised at /dev/null
I|2026-11-22T19:03:12.900|MetaSched/311||End of Meta Scheduler (0.62s)
"""
IMPORT_ERROR = """\
Traceback (most recent call last):
  File "/usr/lib/oar/schedulers/kamelot", line 2, in <module>
    from oar.kao.kamelot import main
  File "/opt/oar-compat/oar3/3.0.2/oar/kao/kamelot.py", line 5, in <module>
    from rich.console import Console
ModuleNotFoundError: No module named 'rich'
"""
CHAIN = """\
Traceback (most recent call last):
  File "/usr/lib/python3/dist-packages/sqlalchemy/engine/base.py", line 1967, in _exec_single_context
    self.dialect.do_execute(
    ~~~~~~~~~~~~~~~~~~~~~~~^
        cursor, str_statement, effective_parameters, context
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    )
    ^
psycopg2.errors.UndefinedColumn: column jobs.last_karma does not exist
LINE 1: ...jobs.checkpoint_signal AS jobs_checkpoint_signal, jobs.last_k...
                                                             ^


The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/usr/lib/oar/kao", line 4, in <module>
    sys.exit(main())
             ~~~~^^
  File "/opt/oar-compat/oar3/3.0.2/oar/kao/meta_sched.py", line 1004, in meta_schedule
    for job in query.all():
               ~~~~~~~~~^^
sqlalchemy.exc.ProgrammingError: (psycopg2.errors.UndefinedColumn) column jobs.last_karma does not exist
LINE 1: ...jobs.checkpoint_signal AS jobs_checkpoint_signal, jobs.last_k...

[SQL: SELECT jobs.job_id AS jobs_job_id
FROM jobs]
(Background on this error at: https://sqlalche.me/e/20/f405)
"""
HANDLING = """\
Traceback (most recent call last):
  File "/usr/lib/oar/kao", line 4, in <module>
    sys.exit(main())
KeyError: 'a'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/usr/lib/oar/kao", line 9, in <module>
    raise ValueError("b")
ValueError: b
"""
SIGNALLED = (
    "E|2026-11-22T19:03:12.611|MetaSched/311||Error: execution of crasher failed (pid=undef signal=11 core_dump=0)."
    " Disabling queue default (see `oarnotify')\n"
)
BAD_VALUE = (
    "E|2026-11-22T19:03:12.611|MetaSched/311||Error: Scheduler crasher returned a bad value: 7, at time 1767600060."
    " Disabling queue default (see `oarnotify')\n"
)
OF_KAO = (
    "[ERROR] [2026-11-22 19:03:12,611] [oar.kao.meta_sched::call_external_scheduler]: Execution of crasher failed"
    " (signal=7) Disabling queue default (see `oarnotify')\n"
)


def crashes(
    exit_code: int = 0, stderr: str = "", log: str = "", program: str = "oar_meta_sched"
) -> tuple[Crash, ...]:
    return find_crashes(program, exit_code, stderr, log)


def one(exit_code: int = 0, stderr: str = "", log: str = "", program: str = "oar_meta_sched") -> Crash:
    (crash,) = crashes(exit_code, stderr, log, program)
    return crash


@pytest.mark.parametrize("exit_code", [0, 1, 2])
@pytest.mark.parametrize("program", ["oar_meta_sched", "kao"])
def test_a_clean_round_shows_nothing(exit_code: int, program: str) -> None:
    assert crashes(exit_code, "", CLEAN, program) == ()


@pytest.mark.parametrize("exit_code", [0, 1, 2])
def test_a_warning_of_perl_is_no_crash(exit_code: int) -> None:
    warning = "Use of uninitialized value $x in numeric gt (>) at /usr/share/perl5/OAR/IO.pm line 5012.\n"
    assert crashes(exit_code, warning, CLEAN) == ()


@pytest.mark.parametrize("where", ["stderr", "log", "both"])
def test_a_traceback_counts_though_the_exit_code_is_fine_and_is_told_once(where: str) -> None:
    stderr = IMPORT_ERROR if where != "log" else ""
    log = CLEAN + (IMPORT_ERROR if where != "stderr" else "")
    crash = one(0, stderr, log)
    assert crash.program == "kamelot", "the script of the first frame, not the metascheduler that started it"
    assert crash.how == (
        "traceback: ModuleNotFoundError: No module named 'rich' in <module> (oar/kao/kamelot.py, line 5)"
    )
    assert crash.log.splitlines() == IMPORT_ERROR.splitlines()


def test_a_chain_is_one_crash_and_called_by_its_last_error() -> None:
    crash = one(1, CHAIN, "", "kao")
    assert crash.program == "kao"
    assert crash.how.startswith(
        "traceback: sqlalchemy.exc.ProgrammingError: (psycopg2.errors.UndefinedColumn) column"
    )
    assert "\npsycopg2.errors.UndefinedColumn: column jobs.last_karma" in crash.log, "its cause is shown"
    assert one(1, HANDLING, "", "kao").how == "traceback: ValueError: b in <module> (lib/oar/kao, line 9)"


def test_tracebacks_that_follow_each_other_are_told_apart() -> None:
    found = crashes(1, IMPORT_ERROR + "some other line\n" + HANDLING + IMPORT_ERROR, "")
    assert [crash.how for crash in found] == [
        "traceback: ModuleNotFoundError: No module named 'rich' in <module> (oar/kao/kamelot.py, line 5)",
        "traceback: ValueError: b in <module> (lib/oar/kao, line 9)",
    ]


def test_a_traceback_in_the_midst_of_a_log_ends_where_the_log_goes_on() -> None:
    crash = one(0, "", CLEAN + IMPORT_ERROR + CLEAN)
    assert "MetaSched" not in crash.log


def test_an_error_without_words_and_one_cut_short() -> None:
    assert one(1, 'Traceback (most recent call last):\n  File "/x/kao", line 1, in f\nKeyboardInterrupt\n').how == (
        "traceback: KeyboardInterrupt in f (/x/kao, line 1)"
    )
    cut = 'Traceback (most recent call last):\n  File "/x/kao", line 1, in f\n'
    assert crashes(0, cut) == ()
    assert one(3, cut).how == "exit 3"


@pytest.mark.parametrize("line", [SIGNALLED, BAD_VALUE, OF_KAO])
def test_a_disabled_queue_is_its_scheduler_s_crash(line: str) -> None:
    crash = one(0, "", CLEAN + line + CLEAN)
    assert (crash.program, crash.how) == ("crasher", "the queue was disabled")
    assert crash.log == line.strip()


@pytest.mark.parametrize("exit_code", [0, -9])
def test_the_time_limit(exit_code: int) -> None:
    (crash,) = find_crashes("oar_meta_sched", exit_code, "", CLEAN, late=30)
    assert crash.how == "time limit of 30 s"
    assert crash.program == "oar_meta_sched"
    assert crash.log.endswith("End of Meta Scheduler (0.62s)")


@pytest.mark.parametrize(
    ("exit_code", "how"),
    [
        (3, "exit 3"),
        (7, "exit 7"),
        (126, "exit 126"),
        (137, "exit 137"),
        (-9, "signal 9"),
        (-11, "signal 11"),
        (255, "exit 255"),
    ],
)
def test_other_exit_codes_are_crashes(exit_code: int, how: str) -> None:
    assert one(exit_code, "last words", CLEAN) == Crash("oar_meta_sched", how, "last words")


@pytest.mark.parametrize("exit_code", [1, 2, 9, 255])
def test_perl_dies_with_the_number_of_an_error_that_may_be_any(exit_code: int) -> None:
    stderr = (
        "Use of uninitialized value at /usr/share/perl5/OAR/IO.pm line 1.\n"
        "DBI connect failed: no route to host at /usr/share/perl5/OAR/IO.pm line 402.\n"
    )
    log = "I|2026-11-22T19:03:12.278|MetaSched/311||Starting Meta Scheduler\n"
    crash = one(exit_code, stderr, log)
    assert (
        crash.how == f"exit {exit_code}: DBI connect failed: no route to host at /usr/share/perl5/OAR/IO.pm line 402."
    )
    assert crash.log.splitlines() == stderr.splitlines()


def test_a_bad_exit_code_is_not_told_beside_what_it_comes_from() -> None:
    assert one(7, IMPORT_ERROR, "", "kao").how.startswith("traceback: ")


def test_only_the_end_of_a_long_output_is_kept() -> None:
    crash = one(9, "\n".join(f"line {n}" for n in range(500)))
    assert crash.log.splitlines()[0] == "line 485"
    assert crash.log.splitlines()[-1] == "line 499"


def test_binary_rubbish_and_very_long_lines_are_no_crash() -> None:
    assert crashes(0, "\x00\xff\ufffd" * 1000, "Traceback" * 20000) == ()


READ = "I|2026-11-22T19:03:12.400|MetaSched/311||Read on the scheduler output:{}\n"
CALLED = "I|2026-11-22T19:03:12.301|MetaSched/311||Queue default: Launching scheduler babbler at time 2026-11-22\n"


def test_a_scheduler_that_prints_what_launches_a_job_is_well() -> None:
    log = CALLED + READ.format("SCHEDRUN JOB_ID=1 MOLDABLE_JOB_ID=12 RESOURCES=1,2") + READ.format("") + CLEAN
    assert crashes(0, "", log) == ()


@pytest.mark.parametrize("line", ["nonsense", "SCHEDRUN JOB_ID=x MOLDABLE_JOB_ID= RESOURCES=9,9", "\ufffd\x01"])
def test_a_scheduler_that_prints_anything_else_has_crashed(line: str) -> None:
    (crash,) = crashes(0, "", CALLED + READ.format(line) + READ.format("more") + CLEAN)
    assert crash.program == "babbler"
    assert crash.how == f"nonsense on its output: {line}"
    assert "Read on the scheduler output" in crash.log


def test_perl_without_memory_has_crashed_although_it_exits_with_1() -> None:
    (crash,) = crashes(1, "Out of memory in perl:util:safesysmalloc\n", CLEAN)
    assert crash.how.startswith("out of memory")
