"""`python -m scraper` is `warta`."""

from scraper.cli.main import main

main(prog_name="warta")
