"""Carries out the actions of a live case, one after another, each as soon as what it waits for has come.

A state counts that a job has been in since the action before was begun, though it may have left it again.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness.live.comparable_output import comparable
from harness.live.job_states import ServerState
from harness.live.live_limits import LiveLimits
from harness.live.node_containers import start_node, stop_node
from harness.live.rest import Rest
from harness.live.round_counter import RoundCounter
from harness.model.record import Answer
from harness.oar2.server import Oar2Server
from harness.workload.action import Action, with_ids
from harness.workload.awaited import Awaited
from harness.workload.scenario import Scenario


class ActionRunner:
    """The actions of one case."""

    def __init__(self, server: Oar2Server, scenario: Scenario, limits: LiveLimits) -> None:
        self._server = server
        self._scenario = scenario
        self._limits = limits
        self._left = list(scenario.actions)
        self._rest = Rest(server.container, limits)
        self._since = 0
        self._began = 0
        self._rounds: RoundCounter | None = None
        self._asked = -1
        self.answers: list[Answer] = []

    @property
    def over(self) -> bool:
        """Whether all are done."""
        return not self._left

    @property
    def waits_for_time(self) -> int:
        """Seconds after the beginning before which the next one cannot be done."""
        return self._left[0].at if self._left else 0

    @property
    def awaited(self) -> tuple[Awaited, ...]:
        """What the next one waits for."""
        return self._left[0].when if self._left else ()

    @property
    def done(self) -> list[str]:
        """The names of those that are done."""
        return [answer.action for answer in self.answers]

    def proceed(self, elapsed: float, seen: ServerState, ids: Mapping[str, int]) -> bool:
        """Do the next one, if its time has come; whether something was done, be it a round that it waits for."""
        if not self._left:
            return False
        action = self._left[0]
        if not self._began:
            # What came since the one before it was begun counts: it may be over by now.
            if elapsed < action.at or not all(seen.holds(each, ids, self.done, self._since) for each in action.when):
                return False
            self._began = seen.now
        if action.rounds:
            before = self._asked
            if not self._rounds_made(action.rounds):
                return self._asked > before
        self.answers.append(self._do(action, ids))
        self._left.pop(0)
        self._rounds = None
        self._since, self._began = self._began, 0
        return True

    def leave(self) -> None:
        """Give up what is left: the case is over."""
        for index, action in enumerate(self._left):
            waits = [f"{each}" for each in action.when]
            waits += [f"{action.rounds} rounds that end well"] * bool(action.rounds)
            why = f"it waited for {' and '.join(waits) or 'its time'} in vain"
            if index:
                why = f"{self._left[0].name}, before it, was not done"
            self.answers.append(Answer(action.name, action.command, undone=why))
        self._left.clear()

    def comparable_answers(self, names: Mapping[int, str]) -> tuple[Answer, ...]:
        """The answers, those that are to be compared with what can be shared of them."""
        actions = {action.name: action for action in self._scenario.actions}
        return tuple(
            Answer(
                answer.action,
                answer.command,
                answer.exit_code,
                answer.output,
                comparable(answer.output, names, actions[answer.action].ignore)
                if actions[answer.action].compare and not answer.undone
                else None,
                answer.undone,
            )
            for answer in self.answers
        )

    def _rounds_made(self, wanted: int) -> bool:
        """Whether that many rounds have begun and ended since then. Each is asked for."""
        if self._rounds is None:
            self._rounds, self._asked = RoundCounter(self._server), -1
        ended = self._rounds.ended()
        # One more, for the round that was under way.
        if ended > wanted:
            return True
        if ended > self._asked:
            self._asked = ended
            self._rounds.ask()
        return False

    def _do(self, action: Action, ids: Mapping[str, int]) -> Answer:
        if action.node:
            if action.do == "stop":
                stop_node(self._server, action.node)
            else:
                start_node(self._server, action.node, self._scenario)
            return Answer(action.name, action.command)
        if action.rest:
            method, path = ("GET", action.get) if action.get else ("POST", action.post)
            body = {key: with_ids(value, ids) for key, value in action.body.items()} if action.body else None
            status, text = self._rest.request(method, with_ids(path, ids), action.user, body)
            return Answer(action.name, action.command, status, text)
        home = f"/home/{action.user}" if action.user not in ("root", "oar") else "/"
        environment = {"HOME": home, "USER": action.user, "LOGNAME": action.user, "PWD": home}
        line = f"cd {home} && {with_ids(action.run, ids, quoted=True)}"
        done = self._server.container.run(
            "sh", "-c", line, user=action.user, environment=environment, check=False, limit=self._limits.command
        )
        return Answer(action.name, action.command, done.exit_code, done.output)
