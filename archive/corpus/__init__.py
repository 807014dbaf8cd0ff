"""Training corpora: datatrove blocks over the articles as of a time, and the files they produce.

Needs the extra: `pip install 'warta[corpus]'`. May import every room but `maintenance`.
"""
