-- What connects an organization to services outside: accounts for mail, calendars, payments, CRMs.

CREATE TABLE org_connections (
    org_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    kind text NOT NULL CHECK (kind ~ '^[a-z][a-z0-9_]{0,39}$'),
    label text NOT NULL CHECK (label <> '' AND length(label) <= 200),
    settings jsonb NOT NULL DEFAULT '{}' CHECK (octet_length(settings::text) <= 65536),
    secret bytea CHECK (octet_length(secret) <= 65536),
    secret_changed_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, id)
);
COMMENT ON COLUMN org_connections.secret_changed_at IS 'When it was given; sealing it anew is no change.';
COMMENT ON COLUMN org_connections.secret IS
    'Sealed under the installation''s secret, for this connection of this organization: copied elsewhere it does not open.';
SELECT make_tenant_table('org_connections');
SELECT audit_table('org_connections', 'connection', 'label', '{id}', '{secret,created_at,updated_at}');

-- Sealing anew under another secret looks for the organizations that have any.
CREATE POLICY sweep ON org_connections FOR SELECT TO infra24_sweep USING (true);
GRANT SELECT (org_id) ON org_connections TO infra24_sweep;
