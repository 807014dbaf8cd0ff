"""A small invented copy of the five sites, to try warta on without the network."""
