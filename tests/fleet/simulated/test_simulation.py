"""Many sites and workers on a simulated clock: what the fleet decides, with the real statements.

tests.benchmarks.fleet simulates 1,000 sites and 50 workers, and prints what it found.
"""

from __future__ import annotations

import pytest

from tests.fleet.servers import Server

pytest.importorskip("procrastinate", reason="the extra `fleet` is not installed")

from tests.fleet.simulated.simulation import Outcome, Plan, run

MINUTE = 60.0


def lived(server: Server, plan: Plan) -> Outcome:
    outcome = run(server, plan)
    assert outcome.twice == [], "two crawls requested a site within one second"
    assert outcome.waits, "no site was due again"
    assert outcome.moves, "no worker that failed had a site"
    return outcome


def test_sites_keep_their_rhythm_and_move_when_a_worker_fails(postgresql: Server) -> None:
    plan = Plan(
        sites=12, workers=3, minutes=10, crontab="*/3 * * * *", jitter=30, killed=1, suspended=1
    )
    outcome = lived(postgresql, plan)
    assert max(outcome.waits) <= MINUTE
    assert max(outcome.moves) <= MINUTE
    assert outcome.longest_gap <= (3 + 1) * MINUTE + plan.jitter


@pytest.mark.slow
def test_hundreds_of_sites_keep_their_rhythm(postgresql: Server) -> None:
    plan = Plan(sites=250, workers=12, minutes=22, killed=4, suspended=4)
    outcome = lived(postgresql, plan)
    assert max(outcome.waits) <= MINUTE
    assert max(outcome.moves) <= MINUTE
    assert outcome.longest_gap <= (10 + 1) * MINUTE + plan.jitter
    assert outcome.crawls >= 2 * plan.sites
    assert outcome.queries <= 5 + 2 * plan.workers + plan.sites / 10
