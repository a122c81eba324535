"""Benchmarks: ratios against the database's own limit, measured in one run on one machine."""
