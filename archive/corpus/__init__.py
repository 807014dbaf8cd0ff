"""A training corpus from an archive: datatrove's blocks over the articles as of a moment, and files
that the ecosystem reads.

Everything here needs the extra: `pip install 'warta[corpus]'`.
"""
