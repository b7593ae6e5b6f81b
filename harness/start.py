"""The console script: signals are in hand before anything that takes time is imported.

What the launcher ``oar-compat`` has blocked until now is let through by it: a Ctrl-C in the interpreter's own start
is neither lost nor a traceback.
"""

from __future__ import annotations

from harness.engine import ending


def main() -> None:
    """Run the command; ends in 130, with one line, if a signal comes before it has anything to tidy up."""
    ending.install(raises=False)
    from harness.cli import main as command

    command()


if __name__ == "__main__":
    main()
