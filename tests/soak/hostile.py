"""Inputs that nobody means: real files changed at random, and files made of the right words and wrong values."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from harness.model.toml import toml_key, toml_value

NUMBERS: tuple[Any, ...] = (
    *(0, -1, 1, 2, 3, 7, 60, 2**31 - 1, 2**31, -(2**31), 2**32, 2**63 - 1, 2**63, -(2**63) - 1, 10**30),
    *(0.5, -0.0, 1e300, float("inf"), float("-inf"), float("nan")),
)
TEXTS: tuple[str, ...] = (
    *("", " ", "x", "-", "/", "*", "{}", "[", "(", "'", '"', "\\", "#", "%s", "$(id)", "`id`", "\n", "\r\n", "\t"),
    *("\x7f", "\x1b[31m", "\ufeff", "\u202e", "é" * 30, "𝟜 nodes", "x" * 300, "y" * 70_000, "../../etc/passwd"),
    *("/dev/zero", "/dev/null", "/proc/self/mem", "pipe", "loop", "holes", "bytes.toml", "folder", "gone.toml"),
    *("1:30", "1:30:00", "90 min", "9" * 50, "9" * 5000, "+0:20:00", "-5", "1e9", "NaN", "true", "1-99999999999"),
    *("1-4", "4-1", "1,2,3", "4 nodes x 2 cpus x 4 cores", "999999999 nodes", "0 nodes", "1 node", "kao", "live"),
    *(
        "oarsub -l core=1 cmd",
        "oarsub --array 1000000000 x",
        "oarsub -l host=99999999999999 x",
        "oarsub",
        "oarsub -r",
    ),
    *("oarsub -l core=1,walltime=99999999999 x", "oarsub -a one x", 'oarsub -p "\'" x', "oarsub -t inner=one x"),
    *("oarsub -r +99999999999999 x", "oarsub -r now x", "oarsub --array-param-file a x", "oarsub -vvvvv x", "-I"),
    *("(a+)+$", "(" * 200, "a{99999999999}", "[a-", "(?P<x>", "\\", ".*" * 50, "a|b", "**/*.toml", "/*", "**"),
)
LEAVES = st.one_of(
    st.sampled_from(NUMBERS),
    st.sampled_from(TEXTS),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.text(max_size=12),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5) | st.sampled_from(("a", "count", "name")), inner, max_size=3)
    ),
    max_leaves=5,
)
_VALUE = re.compile(r"""(?<==)\s*("(?:[^"\\\n]|\\.)*"|'[^'\n]*'|-?[\d.]+|true|false|\[[^\n]*\]|\{[^\n]*\})""")
_TOKEN = re.compile(r"[\w.-]+|[^\w\s]")

Random = Any
"""Hypothesis' own source of randomness, as ``random.Random``."""


def as_toml(value: object) -> str:
    """A value as TOML, also such as no reader takes."""
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{toml_key(str(key))} = {as_toml(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(as_toml, value)) + "]"
    return toml_value(value)


def _flip(text: str, dice: Random) -> str:
    data = bytearray(text.encode("utf-8", "surrogateescape"))
    for _ in range(dice.randint(1, 6)):
        if data:
            data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    return data.decode("utf-8", "surrogateescape")


def _cut(text: str, dice: Random) -> str:
    return text[: dice.randint(0, len(text))]


def _double(text: str, dice: Random) -> str:
    lines = text.splitlines(keepends=True) or [""]
    first = dice.randrange(len(lines))
    some = lines[first : first + dice.randint(1, 5)]
    place = dice.randint(0, len(lines))
    return "".join((*lines[:place], *some, *lines[place:]))


def _drop(text: str, dice: Random) -> str:
    lines = text.splitlines(keepends=True) or [""]
    first = dice.randrange(len(lines))
    return "".join((*lines[:first], *lines[first + dice.randint(1, 3) :]))


def _swap(text: str, dice: Random) -> str:
    found = list(_TOKEN.finditer(text))
    if len(found) < 2:
        return text
    one, other = sorted(dice.sample(range(len(found)), 2))
    a, b = found[one], found[other]
    return text[: a.start()] + b[0] + text[a.end() : b.start()] + a[0] + text[b.end() :]


def _replace(text: str, dice: Random) -> str:
    found = list(_VALUE.finditer(text))
    if not found:
        return text
    chosen = dice.choice(found)
    value = as_toml(dice.choice(NUMBERS if dice.random() < 0.4 else TEXTS))
    return f"{text[: chosen.start()]} {value}{text[chosen.end() :]}"


def _insert(text: str, dice: Random) -> str:
    place = dice.randint(0, len(text))
    return text[:place] + dice.choice(TEXTS) + text[place:]


def _deepen(text: str, dice: Random) -> str:
    return _replace(text, dice) + "\nx = " + "[" * dice.choice((30, 45, 2000)) + "]" * dice.choice((0, 45))


CHANGES: tuple[Callable[[str, Random], str], ...] = (
    *(_flip, _cut, _double, _drop, _swap, _insert, _deepen),
    *(_replace, _replace, _replace, _replace),
)


@st.composite
def changed(draw: st.DrawFn, texts: list[str]) -> bytes:
    """One of the texts after a few changes."""
    text = draw(st.sampled_from(texts))
    dice = draw(st.randoms(use_true_random=False))
    for change in draw(st.lists(st.sampled_from(CHANGES), min_size=1, max_size=2)):
        text = change(text, dice)
    return text.encode("utf-8", "surrogateescape")


@st.composite
def invented(draw: st.DrawFn, words: dict[str, Any]) -> bytes:
    """A TOML file of those words: a table for a ``dict``, a list of tables for a list of one; any value for None."""

    def lines(known: dict[str, Any], head: str) -> list[str]:
        found, tables = [], []
        for key in draw(st.lists(st.sampled_from(sorted(known)), unique=True, max_size=8)):
            inner = known[key]
            name = f"{head}.{toml_key(key)}".lstrip(".")
            if isinstance(inner, dict) and draw(st.integers(0, 9)):
                tables += [f"[{name}]", *lines(inner, name)]
            elif isinstance(inner, list) and draw(st.integers(0, 9)):
                for _ in range(draw(st.integers(1, 2))):
                    tables += [f"[[{name}]]", *lines(inner[0], name)]
            elif isinstance(inner, tuple) and draw(st.integers(0, 5)):
                found.append(f"{toml_key(key)} = {as_toml(draw(st.sampled_from(inner)))}")
            else:
                found.append(f"{toml_key(key)} = {as_toml(draw(VALUES))}")
        return found + tables

    return "\n".join(lines(words, "")).encode("utf-8", "surrogatepass")


def _places(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [here] if here else []
    if isinstance(value, dict):
        for key, each in value.items():
            found += _places(each, (*here, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            found += _places(each, (*here, index))
    return found


@st.composite
def changed_json(draw: st.DrawFn, texts: list[str]) -> bytes:
    """One of the JSON texts with some values replaced, removed or moved; now and then no JSON any more."""
    text = draw(st.sampled_from(texts))
    if draw(st.integers(0, 7)) == 0:
        dice = draw(st.randoms(use_true_random=False))
        return draw(st.sampled_from((_flip, _cut, _swap, _drop, _insert)))(text, dice).encode(
            "utf-8", "surrogateescape"
        )
    content = json.loads(text)
    for _ in range(draw(st.integers(1, 3))):
        places = _places(content)
        *way, last = draw(st.sampled_from(places))
        inner = content
        for step in way:
            inner = inner[step]
        deed = draw(st.integers(0, 9))
        if deed == 0:
            del inner[last]
        elif deed == 1:
            other: Any = content
            for step in draw(st.sampled_from(places)):
                try:
                    other = other[step]
                except (KeyError, IndexError, TypeError):
                    break
            inner[last] = json.loads(json.dumps(other))
        elif isinstance(inner[last], bool):
            inner[last] = not inner[last]
        elif isinstance(inner[last], int) and deed < 7:
            inner[last] = draw(st.sampled_from([n for n in NUMBERS if isinstance(n, int)]) | st.integers(-9, 99))
        elif isinstance(inner[last], str) and deed < 7:
            inner[last] = draw(st.sampled_from(TEXTS) | st.text(max_size=9))
        else:
            inner[last] = draw(VALUES)
    return json.dumps(content).encode("utf-8", "surrogatepass")
