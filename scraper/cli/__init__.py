"""The command `warta`: one file per command or small group, in folders by purpose.

May import every room.
"""
