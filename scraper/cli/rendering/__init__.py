"""How results are laid out: tables, times, wrapped prose, differences of texts."""
