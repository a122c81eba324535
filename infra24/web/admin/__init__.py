"""The pages of people at work."""
