"""A live server: a whole server on which live cases of one combination are run, one after another.

new lane ─ kept aside: database and oar.conf ─▶ case ─ set back ─▶ case … ─▶ OAR2's own again
"""

from __future__ import annotations

from sqlalchemy.exc import OperationalError

from harness.engine.deadline import Deadline
from harness.engine.lane import Lane
from harness.live.live_limits import LiveLimits
from harness.live.node_containers import prepare_nodes
from harness.model.combination import Combination
from harness.model.record import Crash
from harness.oar2 import conf
from harness.oar2.database_clones import clone, drop
from harness.oar2.scenario_setup import scenario_conf, set_up_scenario
from harness.oar2.server import LOG, Oar2Server
from harness.oar2.server_health import Machinery
from harness.oar3.flips import Flip
from harness.oar3.quota_files import QuotaFiles, quota_conf
from harness.workload.scenario import Scenario

_PRISTINE = "oar_pristine"

# The Almighty would finish its round, in vain. Clients of jobs outlive a case, as does what its jobs and users wrote;
# the homes' own files are those of /etc/skel.
_CLEAR = f"""
for user in oar "$@"; do pkill -KILL -u "$user"; done
find /home -mindepth 2 -maxdepth 2 ! -name '.*' -exec rm -rf {{}} +
: > {LOG}
"""


class LiveServer:
    """The server of one lane under one combination.

    :param lane: started, with its Almighty; nothing was done to it.
    :param statements: SQL of the adaptations that OAR3 needs.
    :param limits: how long its cases wait.
    :ivar machinery: what distinguishes trouble of the machine from OAR's.
    """

    def __init__(
        self,
        lane: Lane,
        combination: Combination,
        statements: tuple[str, ...] = (),
        *,
        limits: LiveLimits = LiveLimits(),  # noqa: B008
    ) -> None:
        self.limits = limits
        self.server = Oar2Server(lane)
        self.combination = combination
        self._flip = Flip(self.server, combination, statements)
        self._quotas = QuotaFiles(self.server)
        self.machinery = Machinery(self.server, almighty=True)
        self._conf = ""
        self._users: tuple[str, ...] = ()

    @property
    def conf(self) -> dict[str, str]:
        """The keys of the fresh server's oar.conf."""
        return conf.read_keys(self._conf)

    def prepare(self, scenario: Scenario) -> int:
        """Set the scenario up as on a new server, and flip that; returns where the log of it begins, in bytes.

        The first time it is flipped as documented, by OAR's own commands.
        """
        first = not self._conf
        if first:
            self._keep_aside()
        else:
            self._set_back()
        self._users = scenario.users
        self._quotas.put(scenario.quotas)
        self.server.set_conf({**quota_conf(scenario.quotas), **scenario_conf(scenario)})
        set_up_scenario(self.server, scenario)
        if scenario.real_nodes:
            prepare_nodes(self.server, scenario)
        flip = self._flip.apply if first else self._flip.reapply
        flip(scenario_conf(scenario)["HIERARCHY_LABELS"])
        return self.server.log_size()

    def restore(self) -> tuple[Crash, ...]:
        """Undo the flip as documented, with what the last case left in the database; returns what is not undone."""
        mark = self.server.log_size()
        # A round from which its scheduler is taken away disables the queue (kao, call_external_scheduler).
        seconds = self.limits.round_end
        if not self.server.rest(seconds):
            log = self.server.log(mark)
            how = f"a round did not end within {seconds:g} s"
            return (Crash(self.combination.metascheduler.command, how, log[-2000:]),)
        crashes = [Crash("restoring", f"not undone: {thing}") for thing in self._flip.undo()]
        self.server.ask_for_round()  # left alone, the Almighty makes its first round after 10 s
        round_made = Deadline("a round of oar_meta_sched", self.limits.almighty)
        if not round_made.came(lambda: "Starting Meta Scheduler" in self.server.log(mark), self.limits.poll):
            log = self.server.log(mark)
            crashes.append(Crash("restoring", "oar_meta_sched made no round afterwards", log[-2000:]))
        return tuple(crashes)

    def _keep_aside(self) -> None:
        self._conf = self.server.container.read(conf.PATH)
        deadline = Deadline("a moment in which no program of OAR uses the database", self.limits.almighty)
        while True:
            try:
                return clone(self.server, "oar", _PRISTINE)
            except OperationalError:
                if deadline.over:
                    raise
                deadline.pause(self.limits.poll)

    def _set_back(self) -> None:
        server = self.server
        server.container.run("sh", "-c", _CLEAR, "clear", *self._users)
        for node in server.lane.spec.nodes:
            server.lane.start_node(node)
        drop(server, "oar")
        clone(server, _PRISTINE, "oar")
        server.container.write(conf.PATH, self._conf)
