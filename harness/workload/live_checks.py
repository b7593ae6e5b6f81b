"""What only a live case can do, and what a case on real nodes asks for."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from harness.model.record import Kind
from harness.workload.action import Action
from harness.workload.scenario_job import ScenarioJob
from harness.workload.toml_table import Table

_REAL = "real"


def read_nodes(table: Table) -> bool:
    """``nodes = "real"``: whether the cluster's nodes are containers."""
    text = table.text("nodes", "")
    if text not in ("", _REAL):
        table.fault(f"nodes is {text!r}", f'write nodes = "{_REAL}", or remove it', "nodes")
    return text == _REAL


def check_live(
    table: Table,
    kinds: Collection[Kind],
    jobs: Iterable[ScenarioJob],
    actions: Collection[Action],
    *,
    real_nodes: bool,
) -> None:
    """Refuse what a plan case cannot do if the scenario is one, and actions on nodes if there are none."""
    if Kind.PLAN in kinds:
        waits = next((job.name for job in jobs if job.when), "")
        leaves = next((job.name for job in jobs if job.leaves), "")
        for found, key in ((real_nodes, "nodes"), (bool(actions), "action"), (bool(waits), "job"), (leaves, "job")):
            if found:
                what = {"nodes": "real nodes", "action": "actions"}.get(key) or f"what {waits or leaves} waits for"
                table.fault(f"a plan case has no use for {what}", 'write kinds = ["live"]', key)
    on_nodes = next((action for action in actions if action.node), None)
    if on_nodes and not real_nodes:
        table.fault(f"[[action]] {on_nodes.name!r}: the nodes are no containers", 'add nodes = "real"', "action")
