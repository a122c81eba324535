"""How pages and API put what they show into words."""
