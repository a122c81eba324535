-- Whether anything can be written: a row as large as a page is inserted and rolled back, so that the file must grow.
CREATE UNLOGGED TABLE write_checks (filler text NOT NULL);
ALTER TABLE write_checks ALTER COLUMN filler SET STORAGE PLAIN;
COMMENT ON TABLE write_checks IS 'Always empty: /health tries to write here, and rolls it back.';
GRANT INSERT ON write_checks TO infra24_app;
