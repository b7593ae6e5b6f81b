"""The Debian releases whose OAR2 the harness knows. A further release is one more entry of ``RELEASES``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DebianRelease:
    """One Debian release, and what differs between its OAR2 and others'.

    :ivar codename: its name, by which sites, scenarios, ``--oar2`` and OAR3's archives call it.
    :ivar number: Debian's version.
    :ivar oar2: upstream version of its package ``oar-server``.
    :ivar schema: what the table ``schema`` of OAR2's database says; no two releases here have the same.
    :ivar postgresql: major version of its PostgreSQL.
    :ivar nodes_read: whether ``oarsh`` on a node asks ``oarstat -f`` whose a job is, and so reads the database.
    :ivar too_few: what ``oarsub`` prints if there are not enough resources.
    :ivar oarsub_ends: whether ``oarsub`` knows ``-v``, and an end of a reservation (``-r``).
    """

    codename: str
    number: int
    oar2: str
    schema: str
    postgresql: int
    nodes_read: bool
    too_few: str
    oarsub_ends: bool


RELEASES = (
    DebianRelease(
        codename="trixie",
        number=13,
        oar2="2.6.1",
        schema="2.5.10",
        postgresql=17,
        nodes_read=False,
        too_few="# There are not enough resources for your request",
        oarsub_ends=True,
    ),
    DebianRelease(
        codename="bookworm",
        number=12,
        oar2="2.5.9",
        schema="2.5.8",
        postgresql=15,
        nodes_read=True,
        too_few="There are not enough resources for your request",
        oarsub_ends=False,
    ),
)
"""Newest first: the first is what a site runs on if it names none."""

CODENAMES = tuple(release.codename for release in RELEASES)
DEFAULT = CODENAMES[0]
CHOICE = " or ".join(CODENAMES)
"""The code names, as an option's help lists them."""


def by_codename(codename: str) -> DebianRelease:
    """The release of that name; raises KeyError if it is unknown."""
    return {release.codename: release for release in RELEASES}[codename]


def by_schema(schema: str) -> DebianRelease | None:
    """The release whose OAR2 makes a database of that schema; None if there is none."""
    return next((release for release in RELEASES if release.schema == schema), None)
