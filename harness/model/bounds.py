"""How much is taken: of files, texts, numbers and lists that come from outside. Checked while they are read.

What is larger is refused in one line, before it is expanded, copied or written anywhere. Each bound lies far above
what a site has, and low enough that reading up to it takes seconds and some hundred MiB.
"""

from __future__ import annotations

GREATEST = 2**31 - 1
"""The greatest number a column ``integer`` of OAR's database holds (``pg_structure.sql``): ids, counts."""

ID = 4_000_000
"""The greatest id of a resource. Sets of resources are kept as bits, so an id costs as many of them in each set."""

LONGEST = 10 * 365 * 86400
"""Seconds, ten years. OAR keeps moments as ``integer``, and those end in 2038: a case's beginning and what is added
to it must stay below."""

RESOURCES = 200_000
"""Rows of ``resources`` of one cluster; the largest sites have some 30,000. ``ALL_RESOURCES``: of a run."""

ALL_RESOURCES = 1_000_000

CELLS = 4_000_000
"""Resources times their properties: what really takes the memory."""

PROPERTIES = 500
"""Properties of a cluster; PostgreSQL has 1,600 columns a table at most, and some are OAR's own."""

LEVELS = 20
"""Levels of a hierarchy."""

JOBS = 100_000
"""Jobs of a scenario, elements of arrays counted one by one."""

NAME = 80
"""Characters of a node's name without its number, of a queue's and a scheduler's name: columns ``VARCHAR(100)``."""

VALUE = 255
"""Characters of a property's value: ``oarproperty`` makes columns ``VARCHAR(255)``."""

LINE = 100_000
"""Characters of an ``oarsub`` line or a command: Linux takes 131,072 bytes an argument (``MAX_ARG_STRLEN``)."""

PATTERN = 2_000
"""Characters of a regular expression."""

DEPTH = 40
"""Levels of nesting of a file's values; of the parts of a dotted key too."""

FILE = 4 << 20
"""Bytes of a file that people write: scenarios, sites, clusters, known differences, quotas."""

RECORD = 256 << 20
"""Bytes of a file of a recorded history; 100,000 jobs take some 60 MiB."""

FILES = 20_000
"""Files of one kind below a folder; ``WALKED`` files and folders looked at meanwhile."""

WALKED = 500_000

DUMP = 64 << 30
"""Bytes of a dump of a production database, which is read in pieces; compressed or not."""

DUMP_LINE = 16 << 20
"""Bytes of a line of a dump: one row, or a statement of SQL; those of OAR have some KiB."""

DUMP_ROWS = 500_000_000
"""Rows of all tables of a dump."""

ENTRIES = 100_000
"""Entries of the table of contents of a dump; OAR's has some 200."""

TREE = 64 << 20
"""Bytes of the Python files of a copy of OAR3, which has 3 MiB; of any one of them at most ``FILE``."""

PACKAGE = 256 << 20
"""Bytes of a ``.deb``, and of what it unpacks to; that of OAR3 has 1 MiB."""

SHOWN = 800
"""Characters of a message in one line."""

DETAIL = 20_000
"""Characters of the lines below a message."""


def shortened(text: str, most: int = SHOWN) -> str:
    """A text's beginning and end if it is longer than ``most`` characters."""
    if len(text) <= most:
        return text
    end = most // 5
    return f"{text[: most - end]} … ({len(text):,} characters) … {text[-end:]}"


def one_line(text: str, most: int = SHOWN) -> str:
    """A text as one line of a message: shortened; line ends as blanks; signs that no terminal shows as escapes."""
    if len(text) > most and not text.isprintable():
        text = shortened(text, most)
    line = " ".join(text.splitlines())
    if not line.isprintable():
        line = "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in line)
    return shortened(line, most)
