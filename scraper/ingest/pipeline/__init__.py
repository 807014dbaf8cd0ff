"""`warta import` in many tasks: each file is indexed once, each publisher is imported by one task
into an archive of its own, and these are merged.

The captures of a publisher do not depend on those of others, and all of one stay together: so there
are the same rows for any number of tasks, and as one import would write them.
"""
