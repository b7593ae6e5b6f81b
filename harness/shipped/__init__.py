"""What travels with the package: clusters, sites, known differences, departures, scenarios, the Compose file.

In a checkout they are links to the folders at its top; in an installed wheel the same paths hold copies.
"""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parent

FIXTURES = (_HERE / "fixtures").resolve()
SCENARIOS = (_HERE / "scenarios").resolve()
COMPOSE_FILE = (_HERE / "docker-compose.yml").resolve()

CHECKOUT = _HERE.resolve().parents[1] if (_HERE / "fixtures").is_symlink() else None
"""The top of the checkout that this runs from; None if it is installed."""

COMMAND = "./oar-compat" if CHECKOUT else "oar-compat"
"""What a user types to run the command: the launcher of a checkout, or what a wheel installs."""


def located(path: Path) -> Path:
    """That path; if nothing is there and it begins with ``fixtures`` or ``scenarios``, the one that travels along.

    So ``--known fixtures/known-differences`` means the same in a checkout and anywhere else.
    """
    if path.is_absolute() or path.exists():
        return path
    shipped = {"fixtures": FIXTURES, "scenarios": SCENARIOS}.get(path.parts[0] if path.parts else "")
    there = shipped.joinpath(*path.parts[1:]) if shipped else None
    return there if there and there.exists() else path
