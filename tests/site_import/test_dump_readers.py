from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model import bounds
from harness.model.fault import ConfigurationFault
from harness.site_import import line_reader
from harness.site_import.copy_text import decode, decode_row, encode, encode_row
from harness.site_import.plain_dump import PlainDump
from tests.site_import import dumps

Content = dict[str, list[dict[str, str | None]]]
TEXTS = st.none() | st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20)


def reader(data: bytes) -> PlainDump:
    opened: Callable[[], AbstractContextManager[Any]] = lambda: nullcontext(io.BytesIO(data))  # noqa: E731
    return PlainDump("dump.sql", opened)


def content(dump: PlainDump) -> Content:
    found: Content = {}
    for block in dump.blocks(lambda _: True):
        found.setdefault(block.table, []).extend(row for _, row in block.rows())
    return found


@given(TEXTS)
def test_fields_come_back(value: str | None) -> None:
    field = encode(value)
    assert decode(field) == value
    assert not set(field) & set(b"\t\n\r")


@given(st.lists(st.lists(TEXTS, min_size=3, max_size=3), max_size=6), st.booleans(), st.integers(1, 40))
def test_rows_come_back(rows: list[list[str | None]], inserts: bool, piece: int) -> None:
    table = [dict(zip(("a", "b", "c"), row, strict=True)) for row in rows]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(line_reader, "_PIECE", piece)
        dump = reader(dumps.plain({"jobs": table or [{"a": "1"}]}, inserts=inserts))
        assert content(dump)["jobs"] == (table or [{"a": "1"}])
        assert not dump.seen.ended
        assert not dump.seen.told


@pytest.mark.parametrize(
    ("field", "value"),
    [(rb"\N", None), (rb"\\N", r"\N"), (rb"a\tb", "a\tb"), (rb"\x41\102", "AB"), (rb"\q", "q"), (b"", "")],
)
def test_escapes(field: bytes, value: str | None) -> None:
    assert decode(field) == value


def test_lines_are_numbered() -> None:
    data = dumps.plain({"jobs": [{"a": str(n)} for n in range(5)]})
    lines = data.split(b"\n")
    for block in reader(data).blocks(["jobs"]):
        for number, row in block.rows():
            assert lines[number - 1] == (row["a"] or "").encode()


def test_only_what_is_wanted_is_given() -> None:
    data = dumps.plain({"jobs": [{"a": "1"}], "queues": [{"b": "2"}]})
    assert [block.table for block in reader(data).blocks(["queues"])] == ["queues"]


@pytest.mark.parametrize("cut", range(0, 1200, 37))
def test_a_torn_dump_gives_what_was_whole(cut: int) -> None:
    whole = dumps.plain(dumps.tables([dumps.job(1), dumps.job(2)]))
    data = whole[: len(whole) - cut - 1]
    dump, all_of_it = reader(data), content(reader(whole))
    for table, rows in content(dump).items():
        assert rows == all_of_it[table][: len(rows)]
    if b"dump complete" not in data:
        assert dump.seen.ended


def test_a_dump_that_ends_within_a_row_says_where() -> None:
    data = dumps.plain({"jobs": [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]})
    torn = data[: data.index(b"3\t4") + 2]
    dump = reader(torn)
    assert content(dump)["jobs"] == [{"a": "1", "b": "2"}]
    assert dump.seen.ended == f"it breaks off within the table jobs, at line {torn.count(10) + 1}"


SQL = """
\\! touch /tmp/owned
CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $x$
COPY public.jobs (a) FROM stdin;
666
\\.
$x$;
COMMENT ON TABLE jobs IS 'it''s;
COPY public.jobs (a) FROM stdin;
667
';
/* COPY public.jobs (a) FROM stdin;
668 */ DELETE FROM jobs; -- ; '
INSERT INTO public.jobs (a) VALUES ((SELECT passwd FROM pg_shadow));
COPY public.jobs (a) FROM PROGRAM 'id';
DO $$ BEGIN PERFORM 1; END $$;
"""


def test_sql_of_its_own_is_told_and_not_taken_for_data() -> None:
    dump = reader(dumps.plain({"jobs": [{"a": "1"}]}, extra=SQL))
    assert content(dump)["jobs"] == [{"a": "1"}]
    first = dumps.plain({"jobs": [{"a": "1"}]}, extra="").index(b"COPY")
    line = dumps.plain({"jobs": [{"a": "1"}]})[:first].count(10) + 1
    told = dict(tuple(dump.seen.told))
    assert told["a command of psql is not run"] == f"dump.sql, line {line + 1}"
    assert "an INSERT with something else than plain values is left out" in told
    places = [place for what, place in dump.seen.told if what.startswith("a statement")]
    assert len(places) == 4


@given(st.binary(max_size=300))
def test_rubbish_is_no_traceback(rubbish: bytes) -> None:
    data = dumps.HEAD.encode() + rubbish
    content(reader(data))


def test_a_line_without_end_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "DUMP_LINE", 1000)
    monkeypatch.setattr(line_reader, "_PIECE", 100)
    with pytest.raises(ConfigurationFault, match="a line of more than"):
        content(reader(dumps.plain({"jobs": [{"a": "x" * 5000}]})))
    with pytest.raises(ConfigurationFault, match="a statement of more than"):
        content(reader(b"SET x = '" + b"y\n" * 2000))


def test_inserts_of_several_rows_and_kinds() -> None:
    text = (
        "CREATE TABLE public.t (\n    a integer,\n    b text,\n    c boolean\n);\n"
        "INSERT INTO public.t VALUES (1, 'x', true), (-2.5e3, E'a\\nb\\\\', NULL),\n (3, 'it''s'::text, false);\n"
    )
    assert content(reader(text.encode()))["t"] == [
        {"a": "1", "b": "x", "c": "t"},
        {"a": "-2.5e3", "b": "a\nb\\", "c": None},
        {"a": "3", "b": "it's", "c": "f"},
    ]


def test_an_encoding_is_minded() -> None:
    data = dumps.plain({"jobs": [{"a": "x"}]}).replace(b"'UTF8'", b"'LATIN1'").replace(b"\nx\n", b"\n\xe9\n")
    assert content(reader(data))["jobs"] == [{"a": "é"}]


@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_lines_of_rows(values: list[str | None]) -> None:
    assert decode_row(encode_row(values).removesuffix(b"\n")) == values


def test_a_table_of_another_schema_is_none_of_oars() -> None:
    plain = dumps.plain({"jobs": [{"a": "1"}]})
    other = plain.replace(b"public.jobs", b"archive.jobs")
    assert content(reader(plain + other)) == {"jobs": [{"a": "1"}], "archive.jobs": [{"a": "1"}]}
    inserts = dumps.plain({"jobs": [{"a": "1"}]}, inserts=True).replace(b"public.jobs", b'"archive".jobs')
    assert content(reader(inserts)) == {"archive.jobs": [{"a": "1"}]}
    old = plain.replace(b"public.jobs", b"jobs")
    assert content(reader(b"SET search_path = public, pg_catalog;\n" + old)) == {"jobs": [{"a": "1"}]}
    assert content(reader(b"SET search_path = archive, pg_catalog;\n" + old)) == {"archive.jobs": [{"a": "1"}]}
