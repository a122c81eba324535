"""The doors: pages and the JSON API. They parse, call a verb and answer; no rule lives here."""
