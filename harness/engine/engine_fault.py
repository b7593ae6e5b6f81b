"""What the container engine's own errors mean to a user."""

from __future__ import annotations

import requests.exceptions

from harness.model.fault import MachineFault

GONE = (404, 409)
"""Statuses with which the engine refuses what is asked of a container that was removed, or is being removed."""


def engine_fault(error: Exception, where: str) -> MachineFault:
    """What the engine's own error means to a user."""
    text = str(getattr(error, "explanation", None) or error)
    if "no space left on device" in text.lower():
        return MachineFault(
            "no space left on the engine's disk", where=where, remedy="free some, then `oar-compat clean`"
        )
    if isinstance(error, requests.exceptions.ConnectionError | requests.exceptions.Timeout):
        return MachineFault(
            "the container engine does not answer any more", where=where, remedy="is it still running?", detail=text
        )
    return MachineFault("the container engine refused", where=where, detail=text)
