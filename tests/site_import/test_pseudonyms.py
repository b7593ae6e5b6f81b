from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model.fault import ConfigurationFault
from harness.site_import.conditions import Conditions
from harness.site_import.pseudonyms import WORDS, Pseudonyms, read_key

KEY = b"k" * 32
NAMES = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=12)
LETTERS = st.text("abc", min_size=1, max_size=3)


@given(st.sampled_from(sorted(WORDS)), NAMES)
def test_stable_and_without_the_word(kind: str, word: str) -> None:
    found = Pseudonyms(KEY).of(kind, word)
    assert found == Pseudonyms(KEY).of(kind, word)
    assert found != Pseudonyms(b"x" * 32).of(kind, word)
    assert re.fullmatch(r"/?[a-z]+[_-][0-9a-f]{15}", found)


@given(st.sets(NAMES, min_size=2, max_size=30))
def test_no_two_words_share_one(words: set[str]) -> None:
    assert len({Pseudonyms(KEY).of("user", word) for word in words}) == len(words)


def test_kept_names() -> None:
    kept = Pseudonyms(KEY, keep=True)
    assert [kept.user("bob"), kept.host("n1"), kept.value("x")] == ["bob", "n1", "x"]
    assert kept.command("mysql -psecret") != "mysql -psecret"
    plain = Pseudonyms(KEY)
    assert [plain.user("root"), plain.project("default"), plain.value("YES"), plain.value("12")] == [
        "root",
        "default",
        "YES",
        "12",
    ]


def test_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "config" / "key"
    key, made = read_key(file, tmp_path / "out")
    assert made
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert read_key(file, tmp_path / "out") == (key, False)


def test_keys_that_are_not_used(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationFault, match="would lie in the site's folder"):
        read_key(tmp_path / "out" / "key", tmp_path / "out")
    file = tmp_path / "key"
    file.write_text("ab" * 32)
    file.chmod(0o644)
    with pytest.raises(ConfigurationFault, match="others may read"):
        read_key(file, tmp_path / "out")
    file.chmod(0o600)
    file.write_text("short")
    with pytest.raises(ConfigurationFault, match="no key"):
        read_key(file, tmp_path / "out")


def _holds(condition: str, row: dict[str, str | int]) -> bool:
    """A condition of Python's and SQL's common words, asked of a row."""
    words = re.sub(r"(?<![<>!])=", "==", condition).replace("<>", "!=")
    words = re.sub(r"\(('[^()]*')\)", r"(\1,)", words)
    words = re.sub(r"\b(AND|OR|NOT|IN)\b", lambda m: m[0].lower(), words)
    return bool(eval(words, {"__builtins__": {}}, row))


CONDITIONS = st.recursive(
    st.one_of(
        st.tuples(st.sampled_from(["host", "gpu"]), st.sampled_from(["=", "<>"]), LETTERS).map(
            lambda t: f"{t[0]} {t[1]} '{t[2]}'"
        ),
        st.tuples(st.sampled_from(["host", "gpu"]), st.lists(LETTERS, min_size=2, max_size=3)).map(
            lambda t: _in(t[0], t[1])
        ),
        st.tuples(st.sampled_from(["<", ">=", "="]), st.integers(0, 5)).map(lambda t: f"mem {t[0]} {t[1]}"),
        st.tuples(LETTERS, st.just("host")).map(lambda t: f"'{t[0]}' = {t[1]}"),
    ),
    lambda inner: st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(lambda t: f"({t[0]}) {t[1]} ({t[2]})"),
    max_leaves=4,
)


def _in(column: str, words: list[str]) -> str:
    quoted = ", ".join("'" + word + "'" for word in words)
    return f"{column} IN ({quoted})"


@given(CONDITIONS, LETTERS, LETTERS, st.integers(0, 5))
def test_a_condition_holds_for_the_same_resources(condition: str, host: str, gpu: str, mem: int) -> None:
    conditions = Conditions(Pseudonyms(KEY), ["host", "gpu", "mem"])
    renamed = conditions.renamed(condition)
    assert renamed.text is not None
    assert not renamed.lost
    row = {"host": conditions.value("host", host), "gpu": conditions.value("gpu", gpu), "mem": mem}
    assert _holds(renamed.text, dict(row)) == _holds(condition, {"host": host, "gpu": gpu, "mem": mem})


def test_a_pattern_is_written_out() -> None:
    conditions = Conditions(Pseudonyms(KEY), ["host"], {"host": ["n1", "n2", "m1"]})
    value = conditions.value
    found = conditions.renamed("host LIKE 'n%' AND cpuset = '0'")
    assert found.text == f"host IN ('{value('host', 'n1')}', '{value('host', 'n2')}') AND cpuset = '0'"
    assert not found.lost
    assert conditions.renamed("host not like 'x%'").text == "host not IN (NULL)"


@pytest.mark.parametrize("text", ["host = 'a' -- x", "x /* y */", "a = $$b$$", "host = 'a", "a;b", "\\! id"])
def test_a_condition_that_cannot_be_read_asks_nothing(text: str) -> None:
    found = Conditions(Pseudonyms(KEY), ["host"]).renamed(text)
    assert found.text is None
    assert found.lost
