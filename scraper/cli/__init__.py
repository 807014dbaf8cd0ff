"""The command `warta`: one file per command or group of commands.

May import every room but `spiders`.
"""
