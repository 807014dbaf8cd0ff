"""Replicas of the sites' archives: objects in a folder or an object store, written once.

```text
STORE/fleet.json                               whose store it is
STORE/SITE/TOKEN-NUMBER-SCHEMA-DIGEST.db.zst   the site's archive, as `warta backup` copies it
STORE/SITE/TOKEN-NUMBER-SCHEMA-DIGEST.json     its manifest, written last
STORE/SITE/orphans/...                         what was crawled, and could not be pushed in time
STORE/SITE/stream/TOKEN/...                    Litestream's, while a crawl runs
```

No object is ever changed, so that neither renaming nor locks are needed: the newest replica is the
manifest with the highest token. A manifest is written only after the database agreed that the
token is still the site's newest (`publish`), in one transaction with what it notes of the replica.

| module | holds |
|---|---|
| `objects.py` | a folder or an object store, by fsspec; its errors in plain words |
| `manifests.py` | what is known of a replica, read as what a stranger may have written |
| `lineage.py` | whether one copy of an archive is an earlier state of another |
| `replicas.py` | pushing, fetching, pruning |
| `local.py` | the archive on this machine: copied, replaced, set aside |
| `litestream.py` | replication while a crawl runs, where `litestream` is installed |
| `cache.py` | copies for reading on this machine, and all of them as one archive |
"""

from scraper.fleet.store.replicas import Replicas, open_store

__all__ = ["Replicas", "open_store"]
