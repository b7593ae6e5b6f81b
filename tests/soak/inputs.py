"""The soak over inputs: ``python -m tests.soak.inputs --examples 20000``. None may end otherwise than in one line.

A worker gives inputs of one kind to the harness in a folder of its own, with little memory, without an engine, under
a guard that lets nothing be written elsewhere; it notes each input before it begins. One that takes too long is ended
with the stack it hung in.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import os
import pickle
import subprocess
import sys
import tempfile
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.configuration import set_hypothesis_home_dir

TOP = Path(__file__).resolve().parents[2]
DEADLINE = 60.0
"""Seconds an input may take; on a machine with other work a large one takes some."""

_LAST, _STACK, _RESULT = "last-input", "stack", "result.json"
_CHUNK = 500


def work(name: str, count: int, number: int, folder: Path, deadline: float) -> None:
    """Give ``count`` inputs of one kind; writes what came of it to the folder."""
    from tests.soak.guard import Outside, confine
    from tests.soak.planted import PLANTED
    from tests.soak.subjects import SUBJECTS, surroundings

    (subject,) = (each for each in (*SUBJECTS, *PLANTED) if each.name == name)
    place = folder / "place"
    surroundings(place)
    os.chdir(place)
    stack = (folder / _STACK).open("w")
    last = (folder / _LAST).open("wb")
    counts: dict[str, int] = {}
    set_hypothesis_home_dir(folder / "hypothesis")
    tried = confine(folder)

    def one(value: Any) -> None:
        last.seek(0)
        last.truncate()
        pickle.dump(value, last)
        last.flush()
        faulthandler.dump_traceback_later(deadline, exit=True, file=stack)
        try:
            answer = subject.give(value)
        except Outside as error:
            raise AssertionError(f"outside: {error}") from None
        finally:
            faulthandler.cancel_dump_traceback_later()
        if tried:
            raise AssertionError(f"outside: {tried}")
        counts[answer] = counts.get(answer, 0) + 1

    test = settings(
        max_examples=count,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
        report_multiple_bugs=False,
    )(seed(number)(given(subject.inputs())(one)))
    found = ""
    try:
        test()
    except BaseException as error:
        with (folder / _LAST).open("rb") as file:
            value = pickle.load(file)
        found = f"{traceback.format_exc(limit=-12)[-6000:]}\ninput: {value!r:.2000}\n{type(error).__name__}"
    (folder / _RESULT).write_text(json.dumps({"counts": counts, "finding": found}))


def soak(
    examples: int, number: int = 0, workers: int = 2, deadline: float = DEADLINE, only: str = ""
) -> dict[str, Any]:
    """Give so many inputs in all; how many were taken and refused, by kind, and what was found."""
    from tests.soak.planted import PLANTED
    from tests.soak.subjects import SUBJECTS

    chunks = []
    for subject in (each for each in (*SUBJECTS, *PLANTED) if each.name == only) if only else SUBJECTS:
        left = examples if only else max(1, examples * subject.share // 100)
        while left > 0:
            chunks.append((subject.name, min(left, _CHUNK), number + len(chunks)))
            left -= _CHUNK
    with tempfile.TemporaryDirectory(prefix="oar-compat-soak-") as folder, ThreadPoolExecutor(workers) as pool:
        made = pool.map(lambda chunk: _chunk(*chunk, Path(folder), deadline), chunks)
        counts: dict[str, dict[str, int]] = {}
        findings: list[str] = []
        for (name, _, _), result in zip(chunks, made, strict=True):
            for answer, count in result["counts"].items():
                counts.setdefault(name, {}).setdefault(answer, 0)
                counts[name][answer] += count
            findings += [f"{name}: {result['finding']}"] if result["finding"] else []
    return {"counts": counts, "findings": findings}


def _chunk(name: str, count: int, number: int, top: Path, deadline: float) -> dict[str, Any]:
    folder = top / f"{name}-{number}"
    (folder / "tmp").mkdir(parents=True)
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith(("OAR_COMPAT", "DOCKER"))},
        **{"DOCKER_HOST": "unix:///nowhere/nobody.sock", "OAR_COMPAT_GITHUB_API": "http://127.0.0.1:9"},
        **{"OAR_COMPAT_CACHE": str(folder / "cache"), "TMPDIR": str(folder / "tmp"), "HOME": str(folder)},
        **{"no_proxy": "127.0.0.1", "PYTHONPATH": str(TOP), "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "100"},
    }
    words = ["--work", name, str(count), str(number), str(folder), str(deadline)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.soak.inputs", *words],
        cwd=TOP,
        env=environment,
        capture_output=True,
        check=False,
        timeout=600 + count * deadline,
    )
    if (folder / _RESULT).exists():
        result: dict[str, Any] = json.loads((folder / _RESULT).read_text())
        return result
    last = (folder / _LAST).read_bytes() if (folder / _LAST).exists() else b""
    value = pickle.loads(last) if last else None
    stack = (folder / _STACK).read_text() if (folder / _STACK).exists() else ""
    words_of_it = stack or done.stderr.decode(errors="replace")[-3000:]
    return {
        "counts": {},
        "finding": f"ended with {done.returncode}, seed {number}\n{words_of_it}\ninput: {value!r:.2000}",
    }


def main() -> None:
    """Entry point; exit code 1 if anything was found."""
    if sys.argv[1:2] == ["--work"]:
        name, count, number, folder, deadline = sys.argv[2:]
        work(name, int(count), int(number), Path(folder), float(deadline))
        return
    parser = argparse.ArgumentParser(prog="python -m tests.soak.inputs")
    parser.add_argument("--examples", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", default="", help="one kind of input")
    asked = parser.parse_args()
    result = soak(asked.examples, asked.seed, asked.workers, only=asked.only)
    total = 0
    for name, counts in result["counts"].items():
        total += sum(counts.values())
        print(
            f"{name:<12} {sum(counts.values()):>6} inputs: " + ", ".join(f"{n} {word}" for word, n in counts.items())
        )
    print(f"{total} inputs, {len(result['findings'])} findings")
    for finding in result["findings"]:
        print("\n" + finding)
    sys.exit(bool(result["findings"]))


if __name__ == "__main__":
    main()
