"""The name server of our engine's namespaces."""

from __future__ import annotations

from harness.engine.own.name_server import no_such_name

QUESTION = (
    b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x01" + b"\x03foo\x07example\x00" + b"\x00\x1c\x00\x01" + b"edns"
)


def test_a_question_comes_back_with_no_such_name() -> None:
    answer = no_such_name(QUESTION)
    assert answer[:2] == b"\x12\x34"
    assert answer[2:4] == b"\x81\x83"
    assert answer[4:12] == b"\x00\x01" + bytes(6)
    assert answer[12:] == QUESTION[12:-4]


def test_what_is_no_question_gets_no_answer() -> None:
    assert no_such_name(b"") == b""
    assert no_such_name(QUESTION[:15]) == b""
    assert no_such_name(no_such_name(QUESTION)) == b""
