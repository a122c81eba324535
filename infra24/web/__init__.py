"""Entry points over HTTP: pages and the JSON API. They parse, call an operation and answer; no rule lives
here."""
