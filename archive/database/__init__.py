"""The SQLite file: connection, schema, migrations, clock, as-of views, backups and sizes.

May import only `errors`, `records` and `identity`.
"""
