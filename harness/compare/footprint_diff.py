"""What is not as it was: two footprints of a server compared."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from itertools import zip_longest

from harness.model.procedure import Accepted, Footprint, Leftover

ADDED, REMOVED, CHANGED = "added", "removed", "changed"
FILES = "file"
"""The area whose items are paths: of a folder that came or went as a whole, the folder alone is named."""


def leftovers(before: Footprint, after: Footprint) -> tuple[Leftover, ...]:
    """Each item that came, went, or has another value in any attribute, and each line of a text; by area and name.

    Equal footprints give none, and whatever differs is named at least once.
    """
    found: list[Leftover] = []
    for area in _keys(before.areas, after.areas):
        was, now = before.areas.get(area, {}), after.areas.get(area, {})
        folded = _folded(was, now) if area == FILES else {}
        for item in sorted(_keys(was, now)):
            if item not in folded:
                found += _item(
                    f"{area} {item}", was.get(item), now.get(item), sum(top == item for top in folded.values())
                )
    for path in sorted(_keys(before.texts, after.texts)):
        found += _text(path, before.texts.get(path), after.texts.get(path))
    return tuple(found)


def accept(found: Iterable[Leftover], accepted: Iterable[Accepted]) -> tuple[Leftover, ...]:
    """The same, those that an entry names with its reason, and behind those that none does."""
    entries = tuple(accepted)
    judged = [replace(each, because=_reason(each, entries)) for each in found]
    return tuple(sorted(judged, key=lambda each: bool(each.because)))


def idle(found: Iterable[Leftover], accepted: Iterable[Accepted]) -> tuple[str, ...]:
    """Patterns that name nothing that was left."""
    there = tuple(found)
    return tuple(entry.what for entry in accepted if not any(_names(entry, each) for each in there))


def _reason(left: Leftover, accepted: Iterable[Accepted]) -> str:
    return next((entry.because for entry in accepted if _names(entry, left)), "")


def _names(entry: Accepted, left: Leftover) -> bool:
    return entry.how == left.how and fnmatchcase(left.name, entry.what)


def _keys(was: Mapping[str, object], now: Mapping[str, object]) -> Iterable[str]:
    return dict.fromkeys((*was, *now))


def _folded(was: Mapping[str, object], now: Mapping[str, object]) -> dict[str, str]:
    """Paths below a folder that came or went as a whole, each with the uppermost such folder."""
    found: dict[str, str] = {}
    for one, other in ((was, now), (now, was)):
        gone = set(one) - set(other)
        for path in sorted(gone):
            parent = path.rpartition("/")[0]
            if parent in gone:
                found[path] = found.get(parent, parent)
    return found


def _item(
    name: str, was: Mapping[str, str] | None, now: Mapping[str, str] | None, below: int = 0
) -> Iterator[Leftover]:
    more = f", with {below} below it" if below else ""
    if was is None and now is not None:
        yield Leftover(name, ADDED, _told(now) + more)
    elif now is None and was is not None:
        yield Leftover(name, REMOVED, f"was {_told(was)}{more}")
    elif was is not None and now is not None and was != now:
        changes = [
            f"{key} was {was.get(key, 'not there')}, is {now.get(key, 'not there')}"
            for key in _keys(was, now)
            if was.get(key) != now.get(key)
        ]
        yield Leftover(name, CHANGED, "; ".join(changes))


def _told(attributes: Mapping[str, str]) -> str:
    return ", ".join(f"{key} {value}" for key, value in attributes.items()) or "there"


def _text(path: str, was: str | None, now: str | None) -> Iterator[Leftover]:
    """A text's lines; a setting ``KEY=value`` is named by its key, also if it only changed its value."""
    if was == now:
        return
    if was is None or now is None:
        yield Leftover(path, ADDED if was is None else REMOVED, "the whole file")
        return
    gone, come = _lines(was.split("\n"), now.split("\n"))
    # A key of which a line went and one came was changed; of the same key there may be several lines.
    both = [key for key in gone if key and key in come]
    for key in both:
        for old, new in zip_longest(gone.pop(key), come.pop(key)):
            how = ADDED if old is None else REMOVED if new is None else CHANGED
            why = new if old is None else f"was {old}" if new is None else f"was {old}, is {new}"
            yield Leftover(f"{path} {key}", how, str(why) if old != new else f"{new} stands elsewhere")
    for lines, how in ((gone, REMOVED), (come, ADDED)):
        for key, each in lines.items():
            for line in each:
                yield Leftover(f"{path} {key}".strip(), how, line.strip() or "an empty line")


def _lines(was: list[str], now: list[str]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """The lines that went and that came, by the key they set; a comment, or no setting, has none."""
    gone: dict[str, list[str]] = {}
    come: dict[str, list[str]] = {}
    for kind, first, last, start, stop in difflib.SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        if kind != "equal":
            for line in was[first:last]:
                gone.setdefault(_key(line), []).append(line)
            for line in now[start:stop]:
                come.setdefault(_key(line), []).append(line)
    return gone, come


def _key(line: str) -> str:
    name, equals, _ = line.partition("=")
    return name.strip() if equals and name.strip().isidentifier() else ""
