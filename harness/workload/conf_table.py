"""``[conf]`` of scenario and site files: keys of oar.conf, of which some are not theirs to set."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping

from harness.model.oar_keys import KNOWN_KEYS
from harness.model.owned_keys import LOGGING, Owner, owner_of
from harness.workload.toml_table import Table

_KEY = re.compile(r"[A-Z][A-Z0-9_]*")
_NEAR = 0.75
_UNFIT = '"#\n'


def read_conf(table: Table, *, columns: bool = False) -> dict[str, str]:
    """``[conf]``: keys of oar.conf and their values; raises ConfigurationFault for one that may not be set.

    :param columns: whether keys that select a combination may be there, as in a site's file: they name what it runs.
    """
    conf = table.strings("conf")
    for key, value in conf.items():
        if not _KEY.fullmatch(key):
            right = re.sub(r"[\s.-]", "_", key.upper())
            hint = f"write {right}" if _KEY.fullmatch(right) else "write capital letters, digits and _"
            table.fault(f"[conf] {key!r} is no key of oar.conf", hint, "conf", key)
        if any(sign in value for sign in _UNFIT):
            table.fault(f"[conf] {key} holds a quote, a # or a line end", "oar.conf cannot hold those", "conf", key)
    check_owned(table, conf, "conf", columns=columns)
    return conf


def check_owned(
    table: Table, keys: Collection[str], place: str, *, columns: bool = False, logging: bool = True
) -> None:
    """Refuse the first key that belongs to the harness.

    :param place: the key of the table below which they stand. :param columns: as of :func:`read_conf`.
    :param logging: whether keys that say what is logged may be there; False if they would be put into force.
    """
    for key in keys:
        if key in LOGGING and not logging:
            table.fault(f"{key} belongs to the harness: rounds are looked for in the log", "remove it", place, key)
        owned = owner_of(key)
        if owned is None or owned.owner is Owner.MACHINE or (columns and owned.owner is Owner.COLUMN):
            continue
        whose = "the combination" if owned.owner is Owner.COLUMN else "the harness"
        label = f"[{place}] " if place == "conf" and not table.label else ""
        table.fault(f"{label}{key} belongs to {whose}: {owned.reason}", owned.remedy, place, key)


def conf_warnings(table: Table, conf: Mapping[str, str]) -> tuple[str, ...]:
    """A line for each key that no program of OAR2 or OAR3 reads: ``file:line: …``, with the key that may be meant."""
    found = []
    for key in conf:
        if key in KNOWN_KEYS:
            continue
        near = difflib.get_close_matches(key, sorted(KNOWN_KEYS), n=1, cutoff=_NEAR)
        hint = f"did you mean {near[0]}?" if near else "it changes nothing, unless a program of your own reads it"
        found.append(f"{table.where('conf', key)}: [conf] {key}: neither OAR2 nor OAR3 reads it — {hint}")
    return tuple(found)
