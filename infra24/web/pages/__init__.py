"""The pages for people. They work without scripts; with them, parts change in place."""
