"""`python -m tests.benchmarks.fleet`: 1,000 sites and 50 workers on a simulated clock.

Prints whether every site kept its rhythm, how soon sites moved when a worker failed, and how much
the database had to do. Needs PostgreSQL; some minutes on two cores.
"""

from __future__ import annotations

import logging
from statistics import median

import click

from scraper.cli.rendering.terminal import print_table
from tests.fleet.servers import running
from tests.fleet.simulated.simulation import Outcome, Plan, run

HEADINGS = {"what": "what", "number": "number"}


@click.command()
@click.option("--sites", default=1_000, show_default=True)
@click.option("--workers", default=50, show_default=True)
@click.option("--minutes", default=40, show_default=True, help="Of simulated time.")
@click.option("--killed", default=8, show_default=True, help="Workers that are killed.")
@click.option("--suspended", default=8, show_default=True, help="Workers that stand still.")
def main(**numbers: int) -> None:
    """Simulate a fleet, and print what happened."""
    logging.disable(logging.ERROR)  # of leases that are lost as they should
    plan = Plan(**numbers)
    with running() as server:
        outcome = run(server, plan)
    print_table([{"what": what, "number": number} for what, number in _rows(outcome)], HEADINGS)


def _rows(outcome: Outcome) -> list[tuple[str, str]]:
    plan, statements = outcome.plan, sum(outcome.load.values())
    waits, moves = outcome.waits or [0.0], outcome.moves or [0.0]
    return [
        ("sites, workers, minutes", f"{plan.sites:,}, {plan.workers}, {plan.minutes}"),
        ("rhythm", f"{plan.crontab}, jitter {plan.jitter} s"),
        ("crawls; requests", f"{outcome.crawls:,}; {outcome.requests:,}"),
        ("from due to begin, longest and median", f"{max(waits):.0f} s, {median(waits):.1f} s"),
        ("workers killed, suspended", f"{plan.killed}, {plan.suspended}"),
        ("sites that moved", f"{len(outcome.moves)}"),
        ("until they moved, longest and median", f"{max(moves):.0f} s, {median(moves):.0f} s"),
        ("sites requested by two crawls in a second", f"{len(outcome.twice)}"),
        ("statements a second", f"{outcome.queries:.1f}"),
        *((f"of these for {why}", _rate(count, plan)) for why, count in outcome.load.items()),
        ("statements; seconds they took here", f"{statements:,}; {outcome.seconds:.0f}"),
    ]


def _rate(count: int, plan: Plan) -> str:
    return f"{count / (plan.minutes * 60):.1f}"


if __name__ == "__main__":
    main()
