"""`python -m scraper` is `warta`; so is this file, from any folder."""

import sys
from pathlib import Path

if (root := str(Path(__file__).parents[1])) not in sys.path:
    sys.path.insert(0, root)

try:
    from scraper.cli.main import main
except KeyboardInterrupt:  # Ctrl-C while it is being imported
    sys.stderr.write("Stopped.\n")
    sys.exit(130)

if __name__ == "__main__":
    main(prog_name="warta")
