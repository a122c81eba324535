"""Proofs of who someone is that touch no database: providers, tokens, passwords, codes, passkeys, seals."""
