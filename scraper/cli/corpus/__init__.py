"""Commands that build and explain a training corpus."""
