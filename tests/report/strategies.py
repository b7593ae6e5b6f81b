"""Hypothesis builds runs: recorded ones and judged ones, with every nasty text a log or a user can bring."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from procset import ProcSet

from harness.model.cluster import Resource
from harness.model.difference import Difference, DifferenceClass
from harness.model.fault import ExitCode
from harness.model.job import Group, Job, Level, Moldable
from harness.model.job_history import Account, Entry, JobHistory, StateSpan
from harness.model.opinion import Departs, JobOpinion, Opinion
from harness.model.procedure import (
    Accepted,
    Footprint,
    Leftover,
    Pass,
    Procedure,
    ProcedureResult,
    StepRecord,
    Way,
)
from harness.model.record import Adaptation, Asked, CaseRecord, Crash, Kind, Missing, Observation, RunRecord, RunState
from harness.model.registry import Registry
from harness.model.result import CaseResult, CombinationResult, KnownUse, Refusal, RunResult, Status, Verdict
from harness.model.schedule import Fate, Placement, Schedule, Situation

whole_runs = settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
"""For tests that are given whole runs: building one takes longer than reporting it, and shrinking one minutes."""

NASTY = (
    "a|b",
    "two\nlines",
    "`tick`",
    "</td><script>",
    "\x1b[31mred\x00",
    "]]>",
    "| |",
    "# no",
    "[x](y)",
    "\\|",
    "\u202e",
)
texts = st.text(st.characters(codec="utf-8"), max_size=20) | st.sampled_from(NASTY)
names = texts.filter(bool)
lines = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=30)
combinations = st.sampled_from([c.id for c in Registry().all()] + ["site-meta+own_sched"])
epochs = st.integers(0, 2**31 - 1)
procsets = st.sets(st.integers(1, 40), max_size=8).map(lambda ids: ProcSet(*ids))
seconds = st.floats(0, 1e6, allow_nan=False)
placements = st.builds(Placement, epochs, epochs, st.integers(0, 3), procsets)
adaptations = st.builds(Adaptation, names, texts, texts)
missing = st.builds(Missing, names, texts, texts)
crashes = st.builds(Crash, texts, texts, texts)
environments = st.fixed_dictionaries(
    {"engine": texts | st.none(), "debian": texts, "oar2": texts, "postgresql": texts},
    optional={
        "oar3": st.none()
        | st.fixed_dictionaries(
            {"version": names, "origin": st.sampled_from(["tree", "deb", "release"]), "sha256": texts | st.none()}
        ),
        "started": texts,
    },
)

groups = st.builds(Group, st.tuples(st.builds(Level, names, st.integers(-3, 9))), texts, procsets)
jobs = st.builds(
    Job,
    names,
    st.integers(1, 99),
    submitted=epochs,
    reservation=st.none() | epochs,
    types=st.lists(texts, max_size=2).map(tuple),
    moldables=st.tuples(st.builds(Moldable, st.integers(1, 9999), st.tuples(groups))),
)
resources = st.builds(
    Resource,
    st.integers(1, 40),
    names,
    st.sampled_from(["Alive", "Absent", "Dead"]),
    properties=st.dictionaries(names, texts | st.integers(0, 9) | st.none(), max_size=2),
)
known_uses = st.builds(
    KnownUse,
    names,
    texts,
    texts,
    st.integers(0, 9),
    st.booleans(),
    st.none() | st.dates(),
    st.none() | st.integers(-99, 99),
    st.integers(0, 9),
)
situations = st.builds(
    Situation,
    epochs,
    st.lists(resources, max_size=5, unique_by=lambda r: r.id).map(tuple),
    st.lists(names, max_size=3).map(tuple),
    st.lists(jobs, max_size=3, unique_by=lambda j: j.name).map(tuple),
    st.dictionaries(names, texts, max_size=2),
)
fates = st.builds(Fate, texts | st.just("Rejected"), st.none() | placements, texts, command=texts)
schedules = st.builds(Schedule, st.dictionaries(names, fates, max_size=3))


step_records = st.builds(
    StepRecord,
    texts,
    texts,
    texts,
    texts,
    seconds,
    st.none() | st.integers(0, 255),
    texts,
    st.lists(names, max_size=2).map(tuple),
    texts,
    texts,
)
passes = st.builds(
    Pass,
    st.sampled_from(Way),
    st.lists(step_records, max_size=3).map(tuple),
    seconds,
    st.lists(adaptations, max_size=2).map(tuple),
    texts,
    st.lists(texts, max_size=2).map(tuple),
)
entries = st.builds(
    Entry,
    st.integers(1, 99),
    texts,
    texts,
    resources=procsets,
    states=st.lists(st.builds(StateSpan, texts, epochs, epochs), max_size=2).map(tuple),
    events=st.lists(texts, max_size=2).map(tuple),
)
histories = st.builds(
    JobHistory,
    texts,
    epochs,
    st.lists(entries, max_size=2).map(tuple),
    accounts=st.lists(st.builds(Account, epochs, texts, texts, texts, texts, epochs), max_size=1).map(tuple),
    settled=st.booleans(),
)
footprints = st.builds(
    Footprint,
    st.dictionaries(texts, st.dictionaries(texts, st.dictionaries(texts, texts, max_size=1), max_size=1), max_size=2),
    st.dictionaries(texts, texts, max_size=1),
)
procedures = st.builds(
    Procedure,
    st.lists(
        st.builds(
            Pass,
            st.sampled_from(Way),
            st.lists(step_records, max_size=2).map(tuple),
            before=st.none() | footprints,
            after=st.none() | footprints,
            histories=st.lists(histories, max_size=2).map(tuple),
        ),
        max_size=2,
    ).map(tuple),
    st.lists(st.builds(Accepted, texts, texts), max_size=2).map(tuple),
)
leftovers = st.builds(Leftover, texts, st.sampled_from(["added", "removed", "changed"]), texts, texts)
procedure_results = st.builds(
    ProcedureResult,
    st.lists(passes, max_size=2).map(tuple),
    st.lists(leftovers, max_size=3).map(tuple),
    st.lists(texts, max_size=2).map(tuple),
)


@st.composite
def case_records(draw: st.DrawFn, case: st.SearchStrategy[str] = names) -> CaseRecord:
    """A recorded case with up to three observations."""
    sides = draw(st.lists(combinations | names, max_size=3, unique=True))
    observations = {
        side: draw(
            st.builds(
                Observation,
                st.just(side),
                st.none() | schedules,
                st.none() | situations,
                st.lists(crashes, max_size=2).map(tuple),
                st.lists(texts, max_size=2).map(tuple),
                seconds,
                texts,
                texts,
                procedure=st.none() | procedures,
            )
        )
        for side in sides
    }
    return CaseRecord(
        draw(case),
        draw(st.sampled_from(Kind)),
        draw(texts),
        draw(situations),
        draw(st.sampled_from(sides) if sides else combinations),
        draw(st.integers(0, 600)),
        observations,
        draw(st.dictionaries(names, st.booleans() | texts, max_size=2)),
        draw(texts),
        draw(st.lists(combinations, max_size=3).map(tuple)),
    )


asked = st.builds(Asked, names, st.sampled_from(Kind), texts, texts, st.lists(combinations, max_size=2).map(tuple))
run_records = st.builds(
    RunRecord,
    environments,
    combinations,
    st.lists(combinations, max_size=3).map(tuple),
    st.lists(case_records(), max_size=3, unique_by=lambda c: c.id).map(tuple),
    st.dictionaries(combinations, st.lists(adaptations, max_size=2).map(tuple), max_size=2),
    st.lists(missing, max_size=2).map(tuple),
    texts,
    st.lists(asked, max_size=2).map(tuple),
    st.sampled_from(RunState),
    texts,
)

kinds = st.sampled_from(DifferenceClass)
differences = st.builds(
    Difference,
    texts,
    kinds,
    texts,
    st.none() | placements,
    st.none() | placements,
    st.none() | names,
    shared=st.booleans(),
)
refusals = st.builds(Refusal, st.lists(texts, min_size=1, max_size=3).map(tuple), texts, texts, st.booleans())
opinions = st.builds(
    Opinion,
    st.lists(
        st.builds(JobOpinion, texts, st.sampled_from(Departs), st.none() | placements), min_size=1, max_size=3
    ).map(tuple),
    texts,
)
counts = st.dictionaries(kinds.map(str), st.integers(0, 99), max_size=4)


@st.composite
def judged_runs(draw: st.DrawFn) -> tuple[RunResult, RunRecord]:
    """A judged run and a history: some of its cases were recorded, some were not."""
    record = draw(run_records)
    ids = st.sampled_from([c.id for c in record.cases]) | names if record.cases else names
    cases = st.builds(
        CaseResult,
        ids,
        st.sampled_from(Kind),
        texts,
        combinations,
        st.sampled_from(Status),
        seconds,
        st.lists(differences, max_size=3).map(tuple),
        counts,
        lines.map(lambda s: s.lstrip("/")),
        lines,
        texts,
        notes=st.lists(texts, max_size=2).map(tuple),
        opinion=st.none() | opinions,
        procedure=st.none() | procedure_results,
        refused=st.lists(refusals, max_size=2).map(tuple),
    )
    results = st.builds(
        CombinationResult,
        combinations,
        st.sampled_from(Verdict),
        st.lists(adaptations, max_size=2).map(tuple),
        st.integers(0, 99),
        counts,
        st.integers(0, 3),
    )
    verdict = draw(st.sampled_from(Verdict))
    codes = [ExitCode.INCONCLUSIVE, ExitCode.NOTHING_RAN, ExitCode.CONFIGURATION, ExitCode.MACHINE]
    result = RunResult(
        verdict,
        draw(st.sampled_from(codes)) if verdict is Verdict.INCONCLUSIVE else verdict.exit_code,
        draw(environments),
        draw(combinations),
        tuple(draw(st.lists(results, max_size=3, unique_by=lambda c: c.id))),
        tuple(draw(st.lists(cases, max_size=4))),
        tuple(draw(st.lists(missing, max_size=2))),
        tuple(draw(st.lists(known_uses, max_size=3))),
        draw(st.just("") | texts),
    )
    return result, record
