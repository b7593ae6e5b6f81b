"""Who may connect to a lane's PostgreSQL: the server as OAR's roles, the harness as these and as the superuser."""

from __future__ import annotations

from collections.abc import Iterable

_OAR = "oar,oar_ro"


def pg_hba(
    clients: Iterable[str], gateway: str, subnet: str = "", *, closed: bool = True, nodes_read: bool = False
) -> str:
    """The text of ``pg_hba.conf``: the first line that fits a connection decides, and the last refuses.

    :param clients: addresses of the containers that speak for OAR: the server, a frontend.
    :param gateway: the lane's gateway: from there comes what enters by the published port.
    :param subnet: the lane's own addresses.
    :param nodes_read: whether its nodes may read, as the role ``oar_ro``.
    :param closed: False on an engine whose published ports may be reached from other addresses (a virtual machine's,
        a relay's): those outside ``subnet`` are then taken for the harness, by its passwords.
    """
    lines = [
        # Inside the container, where only PostgreSQL and its start script are.
        "local all postgres trust",
        *(f"host all {_OAR} {address}/32 md5" for address in clients if address),
        f"host all {_OAR},postgres {gateway}/32 md5",
    ]
    if nodes_read:
        lines.append(f"host all oar_ro {subnet} md5")
    if not closed:
        lines += [f"host all all {subnet} reject", f"host all {_OAR},postgres all md5"]
    return "\n".join([*lines, "host all all all reject"]) + "\n"
