"""Commands that build and explain training corpora."""
