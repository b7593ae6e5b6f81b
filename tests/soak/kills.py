"""Kills runs at random instants, and looks what is left and what is said of them.

``python -m tests.soak.kills --kills 100``: INT, TERM and KILL, to the process or its group, over plan, live,
procedure and fuzz runs, on an engine brought along and on one that lives on. Prints a table; ends in 1 if anything
was left or any folder was judged as what it is not. ``--state FILE`` keeps what was done, and goes on from there.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import click

from harness.engine.own import connection
from harness.engine.own.paths import EnginePaths
from tests.soak.judged import ask, false_words, observations
from tests.soak.leftovers import TOKEN, Machine, settled
from tests.soak.shots import KINDS, SIGNALS, TOP, Shot, draw

END_SECONDS = 15.0
"""Within which a run must end after one INT or TERM (docs/reliability.md)."""
_PATIENCE = 90.0
_AGAIN = 2
_GONE_SECONDS = 45.0
_UNDISTURBED_SECONDS = 540.0
_MAIN = "from harness.cli import main; main()"


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """A run of a kind that nobody kills: seconds, exit code, its observations."""

    seconds: float
    code: int
    observed: tuple[str, ...]


@dataclass
class Hit:
    """What became of a shot.

    :ivar after: seconds from the run's beginning to the kill. :ivar ended: from the kill to the run's end.
    :ivar gone: from the run's end until nothing of it was left.
    :ivar folders: what `compare` said of each report folder: its exit code, and whether the run was whole.
    :ivar wrong: what is not as it should be.
    """

    shot: Shot
    after: float
    ended: float
    gone: float
    code: int
    folders: list[tuple[int, bool]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    missed: bool = False


class Range:
    """The shooting range: a cache with its engine, a folder for reports."""

    def __init__(self, work: Path) -> None:
        self.work = work
        self.place = EnginePaths.default()
        self.temporary = work / "tmp"
        self.machine = Machine(self.place, self.temporary)

    @contextlib.contextmanager
    def engine(self, kind: str) -> Iterator[str]:
        """The address of an engine that lives on, or nothing if the run brings its own."""
        if kind == "own":
            deadline = time.monotonic() + _GONE_SECONDS
            # Not by a connection: each one would keep it alive.
            while self.place.runtime.exists() and time.monotonic() < deadline:
                time.sleep(0.2)
            yield ""
            return
        line = connection.hold(self.place, lambda _: None)
        try:
            yield self.place.url
        finally:
            line.close()

    def environment(self, token: str, engine: str) -> dict[str, str]:
        """What a run is told."""
        found = {"OAR_COMPAT_ENGINE": "found", "DOCKER_HOST": engine} if engine else {"OAR_COMPAT_ENGINE": "own"}
        kept = {name: value for name, value in os.environ.items() if name != "DOCKER_HOST"}
        return {**kept, **found, TOKEN: token, "TMPDIR": str(self.temporary), "PYTHONPATH": str(TOP)}

    def start(self, kind: str, name: str, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """Begin a run in a session of its own; its words go to a file."""
        folder = self.work / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        shutil.rmtree(self.temporary, ignore_errors=True)
        self.temporary.mkdir()
        words = [*KINDS[kind], "--reports", str(folder / "reports")]
        if kind == "fuzz":
            words += ["--findings", str(folder / "findings")]
        with (folder / "output").open("wb") as output:
            return subprocess.Popen(
                [sys.executable, "-c", _MAIN, *words],
                env=dict(environment),
                cwd=TOP,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def folders(self, name: str) -> list[Path]:
        """The report folders of a run."""
        reports = self.work / name / "reports"
        return [path for path in sorted(reports.glob("*")) if path.is_dir() and not path.is_symlink()]

    def undisturbed(self, kind: str, *, first: bool) -> Undisturbed:
        """Let a run of a kind end by itself; the very first one, which may have images to make, does not count."""
        with self.engine("own"):
            environment = self.environment("undisturbed", "")
            for _ in range(1 + first):
                began = time.monotonic()
                code = self.start(kind, f"undisturbed-{kind}", environment).wait(_UNDISTURBED_SECONDS)
                seconds = time.monotonic() - began
            folders = self.folders(f"undisturbed-{kind}")
            if code not in (0, 1, 2) or not folders:
                sys.exit(f"a {kind} run that nobody kills ends in {code}: see {self.work}/undisturbed-{kind}/output")
            return Undisturbed(seconds, code, tuple(sorted(observations(folders[-1]))))

    def shoot(self, shot: Shot, usual: Undisturbed) -> Hit:
        """One kill, and what became of it."""
        name, token = f"shot-{shot.number:03}", f"{os.getpid()}-{shot.number}"
        with self.engine(shot.engine) as engine:
            before = self.machine.before()
            environment = self.environment(token, engine)
            began = time.monotonic()
            child = self.start(shot.kind, name, environment)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(shot.instant * usual.seconds)
            missed = child.poll() is not None
            after = time.monotonic() - began
            with contextlib.suppress(ProcessLookupError):
                (os.killpg if shot.group else os.kill)(child.pid, shot.signum)
            hit = Hit(shot, after, 0.0, 0.0, 0, missed=missed)
            began = time.monotonic()
            try:
                hit.code = child.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                child.kill()
                hit.code = child.wait()
                hit.wrong.append(f"did not end in {_PATIENCE:.0f} s")
            hit.ended = time.monotonic() - began
            if hit.ended > END_SECONDS and not hit.wrong:
                hit.wrong.append(f"ended only after {hit.ended:.0f} s")
            left, hit.gone = settled(lambda: self.machine.left(before, token, engine=engine), _GONE_SECONDS)
            hit.wrong += [f"left: {line}" for line in left]
        self._judge(hit, name, usual, environment)
        if not hit.wrong:
            shutil.rmtree(self.work / name)
        return hit

    def _judge(self, hit: Hit, name: str, usual: Undisturbed, environment: Mapping[str, str]) -> None:
        output = (self.work / name / "output").read_text(errors="replace")
        if "Traceback" in output:
            hit.wrong.append("the run printed a traceback")
        expected = None if hit.shot.kind == "fuzz" else set(usual.observed)
        for folder in self.folders(name):
            said = ask(folder, expected, environment)
            hit.folders.append((said.code, said.whole))
            if words := false_words(said, None if expected is None else usual.code):
                hit.wrong.append(f"{words}: {folder}")
        if hit.code == 0 and not any(whole for _, whole in hit.folders):
            hit.wrong.append("the run ended in 0")


def table(hits: list[Hit]) -> str:
    """The figures, a row each kind and signal."""
    heads = f"{'at s':>12}{'end s':>7}{'gone s':>8}{'folders':>9}{'whole':>7}{'wrong':>7}"
    lines = [f"{'run':<10}{'signal':<8}{'kills':>6}{'group':>7}{heads}"]
    for kind in KINDS:
        for signal in SIGNALS:
            row = [hit for hit in hits if hit.shot.kind == kind and hit.shot.signal == signal and not hit.missed]
            if row:
                at = [hit.after for hit in row]
                folders = [whole for hit in row for _, whole in hit.folders]
                lines.append(
                    f"{kind:<10}{signal:<8}{len(row):>6}{sum(hit.shot.group for hit in row):>7}"
                    f"{f'{min(at):.0f}–{max(at):.0f}':>12}{max(hit.ended for hit in row):>7.1f}"
                    f"{max(hit.gone for hit in row):>8.1f}{len(folders):>9}{sum(folders):>7}"
                    f"{sum(bool(hit.wrong) for hit in row):>7}"
                )
    killed = [hit for hit in hits if not hit.missed]
    codes = sorted(code for hit in killed for code, _ in hit.folders)
    counts = ", ".join(f"{codes.count(code)} × {code}" for code in sorted(set(codes))) or "none"
    lines.append(
        f"{len(killed)} kills ({len(hits) - len(killed)} came too late), median end "
        f"{statistics.median([hit.ended for hit in killed] or [0]):.1f} s; exit codes of compare: {counts}"
    )
    left = sum(line.startswith("left: ") for hit in hits for line in hit.wrong)
    lines.append(f"{left} things left, {sum(bool(hit.wrong) for hit in hits)} kills with anything wrong")
    return "\n".join(lines)


def read(state: Path, seed: int) -> tuple[dict[str, Undisturbed], dict[int, Hit]]:
    """What an earlier command with this seed has done."""
    usual: dict[str, Undisturbed] = {}
    hits: dict[int, Hit] = {}
    for line in state.read_text().splitlines() if state.exists() else []:
        entry = json.loads(line)
        if entry.pop("seed") != seed:
            continue
        if "kind" in entry:
            usual[entry.pop("kind")] = Undisturbed(entry["seconds"], entry["code"], tuple(entry["observed"]))
        else:
            hits[entry["shot"]["number"]] = Hit(**{**entry, "shot": Shot(**entry["shot"])})
    return usual, hits


@click.command()
@click.option("--kills", default=100, show_default=True, type=click.IntRange(1))
@click.option("--seed", default=10, show_default=True, type=int)
@click.option("--kind", "kinds", multiple=True, type=click.Choice(list(KINDS)), help="Only such runs; repeat.")
@click.option("--seconds", default=0.0, help="Begin no further kill after that long; 0: go on to the end.")
@click.option("--state", type=click.Path(path_type=Path), help="File that keeps what was done.")
@click.option("--work", type=click.Path(path_type=Path), help="Folder for reports; kept where something is wrong.")
def main(
    kills: int, seed: int, kinds: tuple[str, ...], seconds: float, state: Path | None, work: Path | None
) -> None:
    """Kill runs at random instants; ends in 1 if anything was left, or judged as what it is not."""
    began = time.monotonic()
    folder = work or Path(tempfile.mkdtemp(prefix="soak-kills-"))
    folder.mkdir(parents=True, exist_ok=True)
    kept = state or folder / "kills.jsonl"
    usual, hits = read(kept, seed)
    range_ = Range(folder.resolve())

    def note(entry: Mapping[str, object]) -> None:
        with kept.open("a") as file:
            file.write(json.dumps({"seed": seed, **entry}) + "\n")

    for number in range(kills):
        shot = draw(seed, number, kinds or tuple(KINDS))
        if number in hits:
            continue
        if seconds and time.monotonic() - began > seconds:
            break
        if shot.kind not in usual:
            usual[shot.kind] = range_.undisturbed(shot.kind, first=not usual)
            note({"kind": shot.kind, **asdict(usual[shot.kind])})
        hit = range_.shoot(shot, usual[shot.kind])
        for _ in range(_AGAIN):
            if not hit.missed or hit.wrong:
                break
            # The machine is quicker than it was: the same shot, on what a run takes now.
            usual[shot.kind] = replace(usual[shot.kind], seconds=hit.after)
            note({"kind": shot.kind, **asdict(usual[shot.kind])})
            hit = range_.shoot(shot, usual[shot.kind])
        hits[number] = hit
        note(asdict(hit))
        target = "group" if shot.group else "process"
        click.echo(
            f"{number:>4} {shot.kind:<10}{shot.signal:<5}{target:<8}{shot.engine:<6} after {hit.after:5.1f} s: "
            f"exit {hit.code:>4}, ended {hit.ended:4.1f} s, gone {hit.gone:4.1f} s, compare "
            f"{[code for code, _ in hit.folders]}{' too late' if hit.missed else ''}"
        )
        for line in hit.wrong:
            click.echo(f"       WRONG {line}")
    done = [hits[number] for number in sorted(hits) if number < kills]
    click.echo(f"\nseed {seed}\n{table(done)}")
    if not any(hit.wrong for hit in done) and work is None:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(any(hit.wrong for hit in done))


if __name__ == "__main__":
    main()
