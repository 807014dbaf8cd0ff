"""Archives and corpora that several tests read and none changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from archive import Archive
from archive.corpus import selection
from archive.corpus.output.summary import Summary
from tests.archive.corpus.newsroom import all_fates, built, tree


@pytest.fixture(scope="session")
def fates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with every fate; to be read only."""
    path = tmp_path_factory.mktemp("fates") / "news.db"
    with Archive(path) as archive:
        all_fates(archive)
    return path


@pytest.fixture(scope="session")
def judged(fates: Path) -> tuple[Path, Summary]:
    """A corpus of it with the default filters; to be read only."""
    out = fates.with_name("judged")
    return out, built(fates, out, filters="news", pictures=True)


@pytest.fixture(scope="session")
def undisturbed(fates: Path) -> dict[str, str]:
    """The files of such a corpus, made in shards of ten articles."""
    out = fates.with_name("undisturbed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(selection, "SHARD", 10)
        built(fates, out)
    return tree(out)


@pytest.fixture(scope="session")
def all_of_it(fates: Path) -> tuple[Path, Summary]:
    """A corpus of it with filters that judge nothing; to be read only."""
    out = fates.with_name("all")
    return out, built(fates, out)
