"""`python -m scraper` is `warta`; so is this file, from any folder."""

import sys
from pathlib import Path

if (root := str(Path(__file__).parents[1])) not in sys.path:
    sys.path.insert(0, root)

from scraper.cli.main import main

main(prog_name="warta")
