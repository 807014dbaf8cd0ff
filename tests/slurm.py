"""A stand-in for Slurm: its commands as scripts on PATH, which run each job at once with bash and
honour dependencies.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

OPTIONS = ("time=00:10:00", "partition=cpu")
"""What its executor needs."""

SBATCH = """#!/bin/bash
# Runs the job at once. A job that failed leaves a file; what depends on it is not run.
here=$(dirname "$0"); job=$(( $(ls "$here/jobs" | wc -l) + 1 )); touch "$here/jobs/$job"
for given in "${@:1:$#-1}"; do
    case $given in
        --export=ALL,*) export "${given#--export=ALL,}" ;;
        --dependency=*) dependency=${given##*:} ;;
    esac
done
script=${!#}; option() { sed -n "s/^#SBATCH --$1=//p" "$script"; }
echo "Submitted batch job $job"
: "${dependency:=$(option dependency | sed 's/.*://')}"
if [ -n "$dependency" ] && [ -e "$here/failed/$dependency" ]; then
  touch "$here/failed/$job"; exit 0
fi
last=$(option array | sed 's/.*-//; s/%.*//'); output=$(option output)
cp "$script" "$here/scripts/$job"
for task in $(seq 0 "${last:-0}"); do
    log=${output//%A/$job}
    export SLURM_JOB_ID=$job SLURM_ARRAY_TASK_ID=$task SLURM_NODELIST=localhost
    bash "$script" > "${log//%a/$task}" 2>&1 || touch "$here/failed/$job"
done
"""
SRUN = """#!/bin/bash
while [[ $1 == -* ]]; do [[ $1 == -n ]] && shift; shift; done
exec "$@"
"""
SCONTROL = "#!/bin/bash\necho localhost\n"
SQUEUE = '#!/bin/bash\ncat "$(dirname "$0")/queue" 2> /dev/null\n'


def stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put the commands into a folder on PATH, and return it."""
    for name in ("jobs", "failed", "scripts"):
        (folder / name).mkdir(parents=True)
    for name, script in (
        ("sbatch", SBATCH),
        ("srun", SRUN),
        ("scontrol", SCONTROL),
        ("squeue", SQUEUE),
    ):
        (folder / name).write_text(script)
        (folder / name).chmod(0o755)
    search = (str(folder), str(Path(sys.executable).parent), os.environ["PATH"])
    monkeypatch.setenv("PATH", os.pathsep.join(search))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    return folder
