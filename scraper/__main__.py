"""`python -m scraper` is `warta`."""

from scraper.cli import main

main(prog_name="warta")
