"""A fleet: several machines crawl, and no site is ever crawled by two at once.

Nothing here is imported unless `[fleet]` names a database. May import `schedule`, `monitoring` and
what is below them; `cli` and `web` are above. `politeness.leases` finds `fleet.leases` by its name.

A site belongs to one process at a time: to the one that holds its *lease*, a row in PostgreSQL
with a token that grows by one each time it is taken. The lease ends `lease` seconds after the
server saw its last renewal, by the server's clock. Its holder counts from before it sent the
renewal, by CLOCK_BOOTTIME, which goes on while a machine is suspended, and stops a margin earlier:
the clocks of machines need not agree. The process that crawls renews it itself, in a thread, and
looks at it right before bytes are handed to the kernel. A lease that ran out has *lapsed*: nothing
is requested, and if the database answers within `patience` seconds and nobody else has taken the
site, the crawl goes on. A lease that somebody else has taken is *lost*: the crawl ends with
`lease_lost`, and nothing of it is pushed. After a lease ends, the site is free only after its own
delay, or after the pause that it requested (`free_at`).

So while the database is down, crawls go on for what is left of their leases, wait without a
request, and resume; no new one begins. Nobody can know whether the database is down or only
unreachable from here; the second must stop, so both do.

What is between a look at the clock and the kernel is a few instructions: a process stopped exactly
there sends what it holds when it is continued, at most one request. What the kernel has taken may
still be sent by a machine that is suspended. No lease can exclude either without the sites' help.

Jobs are procrastinate's: `lock` and `queueing_lock` are the site, so that nothing is queued or run
twice; its queue is named by the schema of the site's archive, so that a worker gets no archive that
a later warta has migrated. A job starts `warta fleet crawl SITE`, a process of its own that takes
the lease, fetches the archive if its own copy is not the newest, crawls, pushes, and records the
result. All that is due is computed by one worker at a time, by the server's clock.

The clock of the server is the fleet's: crawls write its time into their archives, so that machines
whose clocks are hours off do no harm; they are reported.

| module | holds |
|---|---|
| `records.py` | Replica and Store, the interface of the store; what the database says |
| `database.py` | connections with deadlines; errors in plain words, without the DSN |
| `schema.py` | the tables, their version, `warta fleet init` |
| `leases.py` | leases in PostgreSQL, for `politeness.leases` |
| `sites.py` | begin and end of crawls, which replica is the newest |
| `site_crawl.py` | one crawl: fetch, crawl, check, push (`warta fleet crawl`) |
| `jobs.py` | what is due, and procrastinate's task |
| `workers.py`, `worker.py` | who is a worker, draining; `warta fleet worker` itself |
| `status.py` | `warta fleet status`, and what health checks say of a fleet |
| `monitoring/` | incidents of a fleet, alerts about them, metrics, outages of the database |
| `store/` | `open_store`: replicas in a folder or an object store; reading them |
"""
