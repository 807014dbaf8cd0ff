"""Operations on a whole archive: take-down, compaction, verification, rebuilding of clusters.

May import every room but `corpus` and `monitoring`.
"""
