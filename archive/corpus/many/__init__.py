"""Many archives as one corpus, without a merged file.

Their stories are joined by the rules of `archive.merge`, and their clusters found by datatrove's
MinHash blocks, which any of its executors runs.

The four blocks are datatrove's (signature, buckets, cluster, filter). Ours between them keep the
archive's own judgement: which texts meet, by the same keys, and whether two that met are one text.
May import `pipeline` and what is below it, and `archive.merge`.
"""
