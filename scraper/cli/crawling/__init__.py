"""Commands that contact the sites, and the list of sites."""
