"""Commands of a fleet: several machines that crawl together."""
