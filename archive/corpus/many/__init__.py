"""Many archives as one corpus, without a merged file: their stories by the rules of `archive.merge`,
their clusters by datatrove's MinHash blocks, which any of its executors runs.

The four blocks are datatrove's (signature, buckets, cluster, filter). Ours between them keep the
archive's own judgement: which texts meet, by the same keys, and whether two that met are one text.
May import `pipeline`'s neighbours below it, and `archive.merge`.
"""
