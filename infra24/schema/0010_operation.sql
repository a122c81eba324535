-- What the installation needs to run: answers kept for a repeated request, looks across organizations, a place to
-- try whether anything can be written.

CREATE TABLE idempotency_keys (
    org_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    key_hash bytea NOT NULL,
    fingerprint bytea NOT NULL,
    status smallint,
    answer text,
    claimed_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, key_hash)
);
SELECT make_tenant_table('idempotency_keys');
CREATE POLICY sweep ON idempotency_keys FOR SELECT TO infra24_sweep USING (true);
GRANT SELECT (org_id, claimed_at) ON idempotency_keys TO infra24_sweep;

CREATE TABLE sweeps (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    name text NOT NULL,
    swept_at timestamptz NOT NULL DEFAULT now(),
    found integer NOT NULL
);
COMMENT ON TABLE sweeps IS 'Each look across organizations, by the role that may: what for, when, how many rows.';
GRANT INSERT ON sweeps TO infra24_sweep;

-- A row as large as a page is inserted and rolled back, so that the file must grow.
CREATE UNLOGGED TABLE write_checks (filler text NOT NULL);
ALTER TABLE write_checks ALTER COLUMN filler SET STORAGE PLAIN;
COMMENT ON TABLE write_checks IS 'Always empty: /health tries to write here, and rolls it back.';
GRANT INSERT ON write_checks TO infra24_app;
