"""What an error of OAR3 calls for, found in the words Python and PostgreSQL really use."""

from __future__ import annotations

import pytest

from harness.oar3.diagnose import Need, diagnose

FRAMES = 'Traceback (most recent call last):\n  File "/usr/lib/oar/kao", line 2, in <module>\n    import x\n'
COLUMN = """\
sqlalchemy.exc.ProgrammingError: (psycopg2.errors.UndefinedColumn) column jobs.last_karma does not exist
LINE 1: ...jobs.checkpoint_signal AS jobs_checkpoint_signal, jobs.last_k...
                                                             ^

[SQL: SELECT 1]
"""


@pytest.mark.parametrize(
    ("error", "kind", "name"),
    [
        ("ModuleNotFoundError: No module named 'rich'", "module", "rich"),
        ("ModuleNotFoundError: No module named 'sqlalchemy_utils.functions'", "module", "sqlalchemy_utils"),
        ("ModuleNotFoundError: No module named 'procset'; 'procset' is not a package", "module", "procset"),
        (
            "ImportError: cannot import name 'Null' from 'sqlalchemy' (/usr/lib/python3/dist-packages/x)",
            "too-old",
            "sqlalchemy",
        ),
        ("ImportError: cannot import name 'Mapped' from 'sqlalchemy.orm' (/usr/x)", "too-old", "sqlalchemy"),
        ("AttributeError: module 'sqlalchemy.orm' has no attribute 'Mapped'", "too-old", "sqlalchemy"),
        (
            "psycopg2.errors.UndefinedColumn: column jobs.last_karma does not exist\n" + COLUMN,
            "column",
            "jobs.last_karma",
        ),
        (
            '(psycopg2.errors.UndefinedColumn) column "last_karma" of relation "jobs" does not exist',
            "column",
            "jobs.last_karma",
        ),
    ],
)
def test_what_is_needed(error: str, kind: str, name: str) -> None:
    need = diagnose(FRAMES + error + "\n")
    assert need
    assert (need.kind, need.name) == (kind, name)


def test_the_error_is_quoted_as_one_line() -> None:
    need = diagnose(FRAMES + COLUMN)
    assert need == Need("column", "jobs.last_karma", COLUMN.splitlines()[0])
    assert diagnose("ModuleNotFoundError: No module named 'rich'") == Need(
        "module", "rich", "ModuleNotFoundError: No module named 'rich'"
    )


def test_the_last_error_counts() -> None:
    first = FRAMES + "ModuleNotFoundError: No module named 'uvloop'\n\nDuring handling of the above exception, …:\n\n"
    assert diagnose(first + FRAMES + "ModuleNotFoundError: No module named 'rich'\n").name == "rich"  # type: ignore[union-attr]
    assert diagnose(FRAMES + COLUMN + FRAMES + "ModuleNotFoundError: No module named 'a'\n").name == "a"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "output",
    [
        "",
        "exit code 124",
        FRAMES + "KeyError: 'HIERARCHY_LABELS'\n",
        FRAMES + "ImportError: libpq.so.5: cannot open shared object file: No such file or directory\n",
        FRAMES + "AttributeError: 'NoneType' object has no attribute 'name'\n",
        FRAMES + '(psycopg2.errors.UndefinedTable) relation "quotas" does not exist\n',
        "somebody wrote: ModuleNotFoundError: No module named 'rich'\n",
    ],
)
def test_what_no_adaptation_is_known_for(output: str) -> None:
    assert diagnose(output) is None
