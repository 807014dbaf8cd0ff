"""Ray starts no task where no machine is large enough; where all are busy, it is waited for."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from archive import executors
from archive.errors import CorpusError
from archive.executors import Executors

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        find_spec("ray") is None, reason="Ray is not installed: no part of warta[test]"
    ),
    pytest.mark.filterwarnings("ignore"),  # of Ray: as errors they would keep workers from starting
]
CLUSTER = Executors(what="corpus", error=CorpusError)


@pytest.fixture
def ray(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A cluster of one machine with one CPU."""
    import ray

    monkeypatch.setattr(executors, "START_SECONDS", 0.6)
    ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False)
    yield ray
    ray.shutdown()


def run(folder: Path, cpus: int) -> None:
    stage = {"pipeline": [], "tasks": 1, "logging_dir": str(folder)}
    CLUSTER.run_on_ray([stage], {"cpus_per_task": cpus, "mem_per_cpu_gb": 0.1})


def test_a_cluster_that_is_busy_is_waited_for(
    ray: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Other:
        def ready(self) -> None:
            """Answer: it has the machine."""

    other = ray.remote(Other).options(num_cpus=1).remote()
    ray.get(other.ready.remote())
    check, waited = Executors._check_size, []

    def ends(cluster: Executors, options: dict[str, Any]) -> None:
        waited.append(options)
        check(cluster, options)
        ray.kill(other)

    monkeypatch.setattr(Executors, "_check_size", ends)
    run(tmp_path, cpus=1)
    assert waited
    assert list((tmp_path / "completions").iterdir())


def test_a_task_that_no_machine_is_large_enough_for_is_an_error(ray: Any, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no machine of the Ray cluster has 64 CPUs"):
        run(tmp_path, cpus=64)
