"""The command `warta`: one file per command.

May import every room but `spiders`.
"""
