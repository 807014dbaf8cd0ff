"""A small invented copy of the five sites, to try warta without the network."""
