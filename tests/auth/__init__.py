"""Proofs of identity: pure ones, and against real servers."""
