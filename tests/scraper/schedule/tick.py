"""`python -m tests.scraper.schedule.tick CONFIG NOW PROXY COUNT`: one tick of a schedule with all
its crawls, in a process that can be killed.
"""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

from scraper.configuration import load
from scraper.monitoring.lookout import hooks_of
from scraper.politeness.locks import schedule_lock
from scraper.schedule.processes import CrawlProcesses, Order, Result
from scraper.schedule.schedule import Schedule
from scraper.schedule.timetable import Timetable
from scraper.spiders import sites
from tests.scraper.schedule.world import agent

PROXIES = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")


def settings(site: str, number: int, now: datetime) -> tuple[str, ...]:
    """Of a simulated crawl: the moment, no real waiting but for a hundredth of a second where a
    site is overloaded.
    """
    return (
        "DOWNLOAD_DELAY=0",
        "SLOWEST_DELAY=0.02",
        "READING_DEADLINE=2",
        f"NOW={now.isoformat()}",
        f"USER_AGENT={agent(f'{site}-{number}', now)}",
    )


def main(config: str, at: str, proxy: str, count: str) -> None:
    now = datetime.fromisoformat(at)
    configuration = load(Path(config), {}, list(sites())).configuration
    lock = schedule_lock(configuration.archive)
    timetable = Timetable.of(configuration)
    runs = CrawlProcesses(
        lambda: now, dict(os.environ) | dict.fromkeys(PROXIES, proxy), longest=600, grace=5
    )

    def start(order: Order) -> Result | None:
        number = int(count) + sorted(timetable.rhythms).index(order.site)
        return runs.run(replace(order, settings=settings(order.site, number, now)))

    hooks = hooks_of(configuration, configuration.archive, timetable, lambda: now)
    order = Order(archive=configuration.archive, config=Path(config))
    schedule = Schedule(configuration.archive, timetable, start, order=order, hooks=hooks)
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(partial(schedule.crawl, clock=lambda: now), schedule.tick(now)))
    lock.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
