"""The web view: pages of an archive for readers, as a plugin of Datasette.

Three files know Datasette: `plugin`, `database` and `serve`. A page is a function from an open
archive and a `Request` to a `View`, which a template renders. May import every room but `cli`.
"""
