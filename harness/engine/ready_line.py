"""When a container is ready: its start script says so in a line of its log (``image/lane``)."""

from __future__ import annotations

import contextlib
import threading
from typing import Any

from testcontainers.core.waiting_utils import WaitStrategy, WaitStrategyTarget

from harness.engine.deadline import Deadline
from harness.model.fault import MachineFault

READY_LINE = "oar-compat: ready"


class ReadyLine(WaitStrategy):
    """Waits until the container's own start script says that its service answers (``image/lane``)."""

    def __init__(self, limit: float = 60.0) -> None:
        super().__init__()
        self.limit = limit

    def wait_until_ready(self, container: WaitStrategyTarget) -> None:
        """Raises MachineFault with the container's last lines where it ends or is too late."""
        wait_for_ready_line(container.get_wrapped_container(), self.limit)


def wait_for_ready_line(wrapped: Any, limit: float) -> None:
    """Follow a container's log until it is ready; raises MachineFault with its end where it ends or is late."""
    stream = wrapped.logs(stream=True, follow=True)
    seen: list[str] = []
    over = threading.Event()

    def follow() -> None:
        pending = b""
        with contextlib.suppress(Exception):
            for chunk in stream:
                *lines, pending = (pending + chunk).split(b"\n")
                seen.extend(line.decode(errors="replace") for line in lines)
                if READY_LINE in seen:
                    break
        over.set()

    threading.Thread(target=follow, name=f"log of {wrapped.name}", daemon=True).start()
    deadline = Deadline(f"the line {READY_LINE!r}", limit, where=str(wrapped.name))
    while not (over.is_set() or deadline.over):
        deadline.glance(over)
    in_time = over.is_set()
    with contextlib.suppress(Exception):
        stream.close()
    if READY_LINE not in seen:
        raise MachineFault(
            "the service ended while starting" if in_time else f"the service did not start in {limit:g} s",
            where=str(wrapped.name),
            detail="\n".join(seen[-15:]) or "it printed nothing",
        )
