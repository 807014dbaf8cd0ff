"""`warta fleet systemd`: a unit file that starts this machine's worker with the machine."""

from pathlib import Path

import click

from scraper.cli.defaults import configured
from scraper.cli.rendering.terminal import note
from scraper.cli.schedule.systemd import output_folder, show_units
from scraper.schedule.units import Deployment, variables_not_passed_on, worker


@click.command()
@output_folder
def systemd(output: Path | None) -> None:
    """Print a systemd unit file for this machine's worker, or write it with --output.

    It runs as the current user. The address of the database is in no unit: it is read from the
    file that `[fleet] dsn_file` names, which only root has to be able to read, or from
    WARTA_FLEET_DSN in /etc/warta.env.

    \b
    warta fleet systemd --output units && sudo cp units/* /etc/systemd/system
    sudo systemctl daemon-reload && sudo systemctl enable --now warta-worker
    """
    known = configured()
    keys = known.configuration.fleet
    if warning := variables_not_passed_on(known):
        note(warning)
    metrics = known.configuration.metrics.file
    writable = [file.absolute().parent for file in [metrics] if file]
    if keys.store is not None and "://" not in keys.store:
        writable.append(Path(keys.store).absolute())
    secret = keys.dsn_file and keys.dsn_file.absolute()
    folder = known.configuration.fleet_folder
    show_units(worker(Deployment.of(known, folder), folder, writable, secret), output)
