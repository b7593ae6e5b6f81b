"""What lends lanes to those who observe cases."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from sqlalchemy.exc import SQLAlchemyError

from harness.engine.lane import Lane
from harness.model.fault import Fault, MachineFault
from harness.oar3.prepare import Prepared
from harness.oar3.source import Oar3Source
from harness.run.columns import Column


class LaneProvider(Protocol):
    """Lends lanes, and ends them: :class:`~harness.run.environment.Provisioner`, or a test's own."""

    @property
    def closed(self) -> bool:
        """Whether it is being ended: what fails then fails because of that, and what is seen is not what OAR does."""

    def prepare(self, sources: Sequence[Oar3Source]) -> None:
        """Make sure of an image for each copy of OAR3."""

    def prepared(self, source: Oar3Source | None) -> Prepared:
        """The image and the adaptations for a copy of OAR3; the plain image without one."""

    def lane(self, name: str, column: Column | None = None, **options: Any) -> AbstractContextManager[Lane]:
        """A lane of that name, its server made for the column; ``options`` are those of LaneSpec."""

    def environment(self) -> dict[str, Any]:
        """Versions, as the report's ``environment`` has them."""

    def alive(self) -> bool:
        """Whether the engine still answers."""

    def abort(self) -> None:
        """End every lane at once; nothing can be started afterwards."""

    def check(self, fault: Fault | SQLAlchemyError) -> None:
        """Raise MachineFault if the engine is gone; else the fault is one of a lane, or of its database."""
        if not self.alive():
            raise MachineFault(
                "the container engine is gone",
                where=fault.where if isinstance(fault, Fault) else "",
                remedy="start it and run again",
                detail=describe_fault(fault),
            ) from fault


def describe_fault(fault: Fault | SQLAlchemyError) -> str:
    """A fault in one line."""
    if isinstance(fault, SQLAlchemyError):
        return "the database: " + str(getattr(fault, "orig", None) or fault).strip().partition("\n")[0]
    last = fault.detail.strip().splitlines()[-1:]
    return f"{fault}: {last[0]}" if last else str(fault)
