"""How a command ends that does not succeed: in one line, whatever went wrong."""
