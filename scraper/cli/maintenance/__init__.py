"""Commands that verify, copy, compact an archive or take a story down."""
