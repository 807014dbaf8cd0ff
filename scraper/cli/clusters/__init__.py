"""Commands on stories that were published more than once."""
