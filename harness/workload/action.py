"""What is done in a live case beside submitting jobs, ``[[action]]``: commands, REST requests, nodes that fail."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from harness.model.combination import did_you_mean
from harness.model.patterns import trouble_of
from harness.model.resubmission import resubmitted
from harness.workload.awaited import Awaited, read_awaited
from harness.workload.toml_table import Table

NODE_DEEDS = ("stop", "start")
"""What can be done to a node: its container killed, and started anew."""

_KEYS = ("name", "at", "when", "rounds", "run", "user", "node", "do", "get", "post", "body", "compare", "ignore")
_KINDS = ("run", "node", "get", "post")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,62}")
_USER = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
_BRACES = re.compile(r"(?<!\$)\{([A-Za-z_][\w-]*(?:\[\d+\])?)\}", re.A)
_RESERVED = ("valid",)


@dataclass(frozen=True, slots=True)
class Action:
    """One thing done, once its time has come and the action before it in the file is done.

    :ivar at: seconds after the beginning, before which it is not done.
    :ivar when: all of what must hold.
    :ivar rounds: whole rounds of the metascheduler to wait for, after that.
    :ivar run: a shell's line, with job names in braces for their ids; empty if it is none.
    :ivar user: who runs it, or whom the REST API takes the request to come from.
    :ivar node: the node that fails or comes back, and what happens to it (one of NODE_DEEDS).
    :ivar get: path of a GET request below the API's root; ``post`` of a POST with ``body`` as form or JSON fields.
    :ivar compare: whether the answer must be the reference's.
    :ivar ignore: fields of JSON, or regular expressions in other text, that are set apart before.
    """

    name: str
    at: int = 0
    when: tuple[Awaited, ...] = ()
    rounds: int = 0
    run: str = ""
    user: str = "root"
    node: str = ""
    do: str = ""
    get: str = ""
    post: str = ""
    body: Mapping[str, str] | None = None
    compare: bool = False
    ignore: tuple[str, ...] = ()

    @property
    def rest(self) -> bool:
        """Whether it is a request to the REST API."""
        return bool(self.get or self.post)

    @property
    def command(self) -> str:
        """What is done, in one line."""
        if self.node:
            return f"{self.do} {self.node}"
        if self.rest:
            return f"GET {self.get}" if self.get else f"POST {self.post}"
        return self.run


def read_actions(
    table: Table, jobs: Collection[str], arrays: Collection[str], nodes: Collection[str]
) -> tuple[Action, ...]:
    """``[[action]]``, in the order of the file, in which they are done.

    :param jobs: names of the jobs, elements of arrays among them.
    :param arrays: the arrays' own names: in braces they stand for the id of the array.
    """
    actions: list[Action] = []
    for entry in table.tables("action", _KEYS):
        done = [action.name for action in actions]
        action = _action(entry, jobs, arrays, nodes, done)
        if action.name in done:
            entry.fault("there are two actions of that name", "choose another name", "name")
        actions.append(action)
    return tuple(actions)


def with_ids(text: str, ids: Mapping[str, int], *, quoted: bool = False) -> str:
    """The text with ``{name}`` replaced by the job's id; a job that has none leaves a word that no command takes."""

    def job(match: re.Match[str]) -> str:
        found = str(ids[match[1]]) if match[1] in ids else f"no-id-of-{match[1]}"
        return shlex.quote(found) if quoted else found

    return _BRACES.sub(job, text)


def _action(
    entry: Table, jobs: Collection[str], arrays: Collection[str], nodes: Collection[str], done: Collection[str]
) -> Action:
    name, user = entry.text("name"), entry.text("user", "root")
    if not _NAME.fullmatch(name):
        entry.fault(
            f"{name!r} cannot name an action", "begin with a letter, go on with letters, digits, _ and -", "name"
        )
    if name in (*jobs, *arrays, *nodes, *_RESERVED):
        entry.fault(f"{name!r} is the name of something else", "choose another name", "name")
    if not _USER.fullmatch(user):
        entry.fault(f"{user!r} cannot name a user", "use small letters, digits, _ and -", "user")
    kinds = [key for key in _KINDS if key in entry]
    if len(kinds) != 1:
        said = " and ".join(kinds) if kinds else "nothing to do"
        entry.fault(f"it has {said}", f"write one of {', '.join(_KINDS)}", *kinds[1:2])
    known = {*jobs, *arrays, *map(resubmitted, jobs)}
    action = Action(
        name,
        entry.duration("at") or 0,
        read_awaited(entry, known, nodes, done),
        entry.integer("rounds", 0),
        entry.text("run", ""),
        user,
        *_node(entry, nodes),
        get=_path(entry, "get"),
        post=_path(entry, "post"),
        body=entry.strings("body") if "body" in entry else None,
        compare=entry.flag("compare"),
        ignore=_patterns(entry),
    )
    if "body" in entry and not action.post:
        entry.fault("a body is for post alone", "remove it", "body")
    if action.compare and action.node:
        entry.fault("there is no answer to compare", "remove compare", "compare")
    for key, text in _texts(action):
        for job in _BRACES.findall(text):
            if job not in known:
                entry.fault(f"{{{job}}}: there is no such job", did_you_mean(job, known), key)
    return action


def _texts(action: Action) -> Iterator[tuple[str, str]]:
    yield "run", action.run
    yield "get", action.get
    yield "post", action.post
    yield from (("body", value) for value in (action.body or {}).values())


def _node(entry: Table, nodes: Collection[str]) -> tuple[str, str]:
    node, do = entry.text("node", ""), entry.text("do", "")
    if do and not node:
        entry.fault("it does not say to which node", 'add node = "node1"', "do")
    if node and node not in nodes:
        entry.fault(f"there is no node {node!r}", did_you_mean(node, nodes), "node")
    if node and do not in NODE_DEEDS:
        entry.fault(f"a node cannot {do!r}" if do else "do is missing", did_you_mean(do, NODE_DEEDS), "do")
    return node, do


def _path(entry: Table, key: str) -> str:
    path = entry.text(key, "")
    if key in entry and not path.startswith("/"):
        entry.fault(f"{key} is {path!r}", f'write for example {key} = "/jobs.json"', key)
    return path


def _patterns(entry: Table) -> tuple[str, ...]:
    patterns = entry.texts("ignore")
    for pattern in patterns:
        if trouble := trouble_of(pattern):
            entry.fault(
                f"ignore: {pattern!r} is no regular expression: {trouble}", "put a \\ before ( [ * + ?", "ignore"
            )
    return patterns
