"""SHA-256 sums of what was downloaded, recorded on first use and checked ever after."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from harness.model.fault import MachineFault


def file_sum(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


class Checksums:
    """The sums in one JSON file: an object, names to hexadecimal SHA-256."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def known(self) -> dict[str, str]:
        """All sums recorded; none where there is no file. Raises MachineFault if it cannot be read as such."""
        try:
            text = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise self._broken(str(error)) from error
        if not isinstance(text, dict) or not all(isinstance(value, str) for value in text.values()):
            raise self._broken("is no JSON object of sums")
        return text

    def check(self, sums: Mapping[str, str]) -> None:
        """Raise MachineFault, naming both sums, where one of ``sums`` is not the recorded one; unknown names pass."""
        known = self.known()
        for name, found in sums.items():
            if known.get(name, found) != found:
                raise MachineFault(
                    f"{name} is not what it was on first use: its SHA-256 is {found}, recorded is {known[name]}",
                    where=str(self.path),
                    remedy="it is not used; if the change is meant, remove its lines here and fetch it again",
                )

    def record(self, sums: Mapping[str, str]) -> None:
        """Check the sums, then add those that are new; the file is replaced in one step. OSError passes."""
        self.check(sums)
        text = json.dumps({**self.known(), **sums}, indent=2, sort_keys=True)
        new = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        new.write_text(text + "\n", encoding="utf-8")
        new.replace(self.path)

    def _broken(self, why: str) -> MachineFault:
        return MachineFault(
            f"cannot be read: {why}", where=str(self.path), remedy="mend it, or remove it to record all sums anew"
        )
