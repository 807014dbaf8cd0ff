"""The colours of all pictures, of the archive's coverage and of a corpus."""

CATEGORIES = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442")
"""Okabe and Ito's colours without black, distinguishable with colour vision deficiency
(jfly.uni-koeln.de/color).
"""
SHARES = ("#8c2d04", "#e6813f", "#f6e0a4", "#9cc5b0", "#1c6e7d")
"""A scale from nothing to everything, distinguishable without red and green."""
OTHERS = "#9A9A9A"
"""For what shares one mark."""
INK = "#333333"
"""For letters and marks."""
EDGE = "#BBBBBB"
"""For edges and axes."""
PALE = "#E5E5E5"
"""For grids, and for what has no value."""
