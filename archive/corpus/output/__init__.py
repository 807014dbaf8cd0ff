"""The files of a corpus: data files, manifest, dataset card and plots.

May import every room of `archive`.
"""
