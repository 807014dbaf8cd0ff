"""Commands that read the archive and the manual."""
