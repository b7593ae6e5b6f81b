"""Site folders with a history, written as import-site writes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

BEGIN = 1_700_000_000
COLUMNS = {
    "jobs": "job_id state reservation job_user project exit_code queue_name properties submission_time start_time"
    " stop_time assigned_moldable_job checkpoint suspended",
    "moldable_job_descriptions": "moldable_id moldable_job_id moldable_walltime",
    "job_resource_groups": "res_group_id res_group_moldable_id res_group_property",
    "job_resource_descriptions": "res_job_group_id res_job_resource_type res_job_value res_job_order",
    "job_types": "job_id type",
    "job_dependencies": "job_id job_id_required",
    "job_state_logs": "job_id job_state date_start date_stop",
    "event_logs": "type job_id date",
    "resource_logs": "resource_id attribute value date_start date_stop",
    "assigned_resources": "moldable_job_id resource_id",
}


@dataclass
class MadeJob:
    """A job as a test says it.

    :ivar groups: the levels of each group, ``(("host", 1), ("core", 2))``. :ivar condition: of each group.
    :ivar start: seconds after ``submitted``; None: it did not start. :ivar lasts: None: it is not over.
    """

    number: int
    user: str = "alice"
    project: str = "p"
    queue: str = "default"
    submitted: int = 0
    start: int | None = 10
    lasts: int | None = 100
    walltime: int = 3600
    types: tuple[str, ...] = ()
    groups: tuple[tuple[tuple[str, int], ...], ...] = ((("host", 1),),)
    condition: str = "type = 'default'"
    properties: str = ""
    after: tuple[int, ...] = ()
    reservation: str = "None"
    state: str = "Terminated"
    code: int = 0
    checkpoint: int = 0
    cores: tuple[int, ...] = (1,)
    states: tuple[str, ...] = ()
    events: tuple[str, ...] = field(default=())

    @property
    def begun(self) -> int:
        return 0 if self.start is None else BEGIN + self.submitted + self.start

    @property
    def ended(self) -> int:
        if self.lasts is None:
            return 0
        return BEGIN + self.submitted + (self.start or 0) + self.lasts


def write_history(
    folder: Path,
    jobs: Iterable[MadeJob],
    logs: Iterable[tuple[int, str, int, int]] = (),
    leave: Sequence[str] = (),
) -> None:
    """The folder ``database``.

    :param logs: resource, state, begin, end. :param leave: tables that are not written.
    """
    rows: dict[str, list[tuple[object, ...]]] = {name: [] for name in COLUMNS}
    group = 0
    for job in jobs:
        n = job.number
        asked = (job.state, job.reservation, job.user, job.project, job.code, job.queue, job.properties)
        times = (BEGIN + job.submitted, job.begun, job.ended)
        rows["jobs"].append((n, *asked, *times, n if job.start is not None else 0, job.checkpoint, "NO"))
        rows["moldable_job_descriptions"].append((n, n, job.walltime))
        for levels in job.groups:
            group += 1
            rows["job_resource_groups"].append((group, n, job.condition))
            for order, (name, value) in reversed(list(enumerate(levels))):
                rows["job_resource_descriptions"].append((group, name, value, order))
        rows["job_types"] += [(n, kind) for kind in job.types]
        rows["job_dependencies"] += [(n, other) for other in job.after]
        rows["job_state_logs"] += [(n, state, 0, 0) for state in ("Waiting", *job.states, "Terminated")]
        rows["event_logs"] += [(event, n, 0) for event in job.events]
        if job.start is not None:
            rows["assigned_resources"] += [(n, core) for core in job.cores]
    rows["resource_logs"] = [(one, "state", state, BEGIN + begin, BEGIN + end) for one, state, begin, end in logs]
    (folder / "database").mkdir(exist_ok=True)
    for name, found in rows.items():
        if name not in leave:
            lines = ["\t".join(COLUMNS[name].split()), *("\t".join(map(str, row)) for row in found)]
            (folder / "database" / f"{name}.tsv").write_text("\n".join(lines) + "\n")


def write_site(
    folder: Path, conf: Mapping[str, str] | None = None, more: str = "", resources: str = "", quotas: str = ""
) -> Path:
    """A site of four nodes of two cores, two of them of another kind."""
    folder.mkdir(exist_ok=True)
    if conf is not None:
        (folder / "oar.conf").write_text("# kept\n" + "".join(f'{key}="{value}"\n' for key, value in conf.items()))
    named = 'oar-conf = "oar.conf"\n' if conf is not None else ""
    cluster = '[cluster]\nresources = "resources.tsv"\nhierarchy = ["host", "core"]\n'
    (folder / "site.toml").write_text(f'title = "made up"\n{named}{cluster}{more}{quotas}')
    lines = ["resource_id\tnetwork_address\ttype\tstate\tavailable_upto\thost\tcore:int\tmem:int\tgpu"]
    lines += [
        f"{n}\tn{(n + 1) // 2}\tdefault\tAlive\t2147483647\tn{(n + 1) // 2}\t{n}\t{32 if n < 5 else 64}\t"
        + ("yes" if n == 1 else "no")
        for n in range(1, 9)
    ]
    (folder / "resources.tsv").write_text("\n".join(lines) + "\n" + resources)
    return folder
