from __future__ import annotations

import contextlib
import io
from contextlib import nullcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model.fault import ConfigurationFault
from harness.site_import.custom_dump import CustomDump
from tests.site_import import dumps

ROWS: dict[str, dumps.Rows] = {
    "jobs": [{"a": str(n), "b": "it's\ta\nline \\N" if n % 2 else None} for n in range(30)],
    "queues": [{"c": "default"}],
}


def reader(data: bytes) -> CustomDump:
    return CustomDump("oar.dump", lambda: nullcontext(io.BytesIO(data)))


def content(dump: CustomDump, *wanted: str) -> dict[str, list[dict[str, str | None]]]:
    found: dict[str, list[dict[str, str | None]]] = {}
    for block in dump.blocks(wanted or ("jobs", "queues")):
        found.setdefault(block.table, []).extend(row for _, row in block.rows())
    return found


@pytest.mark.parametrize("version", [(1, 12), (1, 14), (1, 15), (1, 16)])
@pytest.mark.parametrize("places", [True, False])
@pytest.mark.parametrize("packed", [True, False])
def test_every_form_is_read(version: tuple[int, int], places: bool, packed: bool) -> None:
    dump = reader(dumps.custom(ROWS, version=version, places=places, packed=packed))
    assert content(dump) == ROWS
    assert content(dump, "queues") == {"queues": ROWS["queues"]}
    assert list(dump.columns()["jobs"]) == ["a", "b"]
    assert not dump.seen.ended


@pytest.mark.parametrize("places", [True, False])
def test_a_torn_one_gives_what_was_whole(places: bool) -> None:
    whole = dumps.custom(ROWS, places=places)
    for cut in range(1, len(whole), 13):
        data = whole[: len(whole) - cut]
        if len(data) < 60:
            break
        dump = reader(data)
        found = content(dump)
        for table, rows in found.items():
            assert rows == list(ROWS[table])[: len(rows)]
        assert dump.seen.ended or found == ROWS


def test_what_is_not_read_says_what_to_give() -> None:
    for data, words in (
        (b"PGDMP\x01\x10\0\x04\x08\x03\x01", "the tar or the directory format"),
        (b"PGDMP\x01\x10\0\x04\x08\x01\x03", "compressed by zstd"),
        (b"PGDMP\x01\x10\0\x09\x08\x01\x01", "a dump of version"),
    ):
        with pytest.raises(ConfigurationFault) as caught:
            content(reader(data))
        assert words in str(caught.value)


@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=4))
def test_damage_is_told_or_harmless(at: int, damage: bytes) -> None:
    whole = dumps.custom(ROWS)
    at %= len(whole)
    data = whole[:at] + damage + whole[at + len(damage) :]
    with contextlib.suppress(ConfigurationFault):
        content(reader(data))


def test_its_encoding_is_minded() -> None:
    data = dumps.custom({"jobs": [{"a": "\x07"}]}, encoding="LATIN1", packed=False).replace(b"\x07\n", b"\xe9\n")
    assert content(reader(data)) == {"jobs": [{"a": "\u00e9"}]}
