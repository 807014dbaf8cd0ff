"""What a site is: its profile, sources and addresses, and the loader that finds them.

May import `archive.identity`, `archive.records`, `archive.printable` and the words of
`archive.ledger`.
"""
