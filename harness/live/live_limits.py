"""How long a live case is given, in one place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LiveLimits:
    """How long a live case waits for what, in seconds unless another unit is named.

    A server is *quiet* as long as no job and no node changes its state. Once it was quiet for long enough, rounds are
    asked for, and only if these change nothing either the case is over: seconds alone would give up a slow machine.

    :ivar whole: what is still there then is given up; if things still move, the case counts as not run.
    :ivar quiet: after which a case is over in which nothing runs, is reserved, or is to be done any more.
    :ivar quiet_rounds: how many rounds without any change it takes beside; as many that die are enough.
    :ivar longest_quiet: after which even a server is given up that makes no round at all.
    :ivar command: for a command of an action.
    :ivar rest_start: for the REST API to be started.
    :ivar rest_answer: for the API to answer.
    :ivar submission: allowed for each ``oarsub`` before moment 0; it takes about 0.35 on an idle machine.
    :ivar almighty: for what the Almighty does within some 10 s, such as a round after the flip is undone.
    :ivar round_end: for the round under way to end before the flip is undone; longer is taken for never.
    :ivar poll: between two looks at the server.
    """

    whole: float = 400.0
    quiet: float = 12.0
    quiet_rounds: int = 2
    longest_quiet: float = 180.0
    command: float = 90.0
    rest_start: float = 60.0
    rest_answer: float = 60.0
    submission: float = 0.6
    almighty: float = 30.0
    round_end: float = 120.0
    poll: float = 0.25

    @property
    def quiet_in_vain(self) -> float:
        """As ``quiet``, if rounds die and nothing is under way: kao is started again at once and finds the same."""
        return self.quiet / 3

    @property
    def quiet_with_actions(self) -> float:
        """As ``quiet``, if actions or jobs still wait: a node's failure is found within some 20 s (sarko, finaud)."""
        return 2 * self.quiet

    @property
    def quiet_with_jobs(self) -> float:
        """As ``quiet_with_actions``, if jobs run meanwhile: until an action ends them, or to their walltime."""
        return 3 * self.quiet

    @property
    def many_dead_rounds(self) -> int:
        """Rounds that die, in place of ``quiet_rounds``, as long as something may still happen."""
        return 3 * self.quiet_rounds

    @property
    def dead_rounds_at_an_end(self) -> int:
        """Rounds that die while a job is being ended, which is done between rounds, long ones on a slow machine."""
        return 2 * self.quiet_rounds
