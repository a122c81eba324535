-- Which messages an organization sends, and in whose words.

CREATE TABLE message_settings (
    org_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind ~ '^[a-z][a-z0-9_]{0,59}$'),
    is_sent boolean,
    texts jsonb NOT NULL DEFAULT '{}' CHECK (octet_length(texts::text) <= 32768),
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, kind)
);
COMMENT ON COLUMN message_settings.is_sent IS 'Whether it is sent; NULL: as the product does by itself.';
COMMENT ON COLUMN message_settings.texts IS 'By language: subject, headline and note in the organization''s words; what is blank is the product''s.';
SELECT make_tenant_table('message_settings');
SELECT audit_table('message_settings', 'message', 'kind', '{kind}', '{updated_at}');
