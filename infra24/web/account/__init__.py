"""Signing in, and a person's own account: these pages belong to people, not to an organization."""
