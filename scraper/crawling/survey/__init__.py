"""Survey of a site without a profile: a dozen requests, and the profile that they suggest."""
