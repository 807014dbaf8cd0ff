"""`python -m scraper` is `warta`; so is this file, from any folder.

`python -m` looks for modules in the working folder first, where a file called `archive.py` or
`click.py` would be imported in place of the real one: nothing but `sys` is imported before that.
"""

import sys

root = __file__.rpartition("/scraper/")[0]
if not sys.flags.safe_path:
    del sys.path[0]
if root not in sys.path:
    sys.path.insert(0, root)

try:
    from scraper.cli.main import main
except KeyboardInterrupt:  # Ctrl-C while it is being imported
    sys.stderr.write("Stopped.\n")
    sys.exit(130)

main(prog_name="warta")
