-- What staff have read of the announcements, and notices that everyone sees.

CREATE TABLE announcement_readers (
    org_id uuid NOT NULL,
    user_id uuid NOT NULL,
    read_until timestamptz NOT NULL,
    PRIMARY KEY (org_id, user_id),
    FOREIGN KEY (org_id, user_id) REFERENCES memberships (org_id, user_id) ON DELETE CASCADE
);
COMMENT ON COLUMN announcement_readers.read_until IS 'When they last marked the announcements as read: all until then are.';
SELECT make_tenant_table('announcement_readers');

CREATE TABLE notices (
    org_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    text text NOT NULL CHECK (text <> '' AND length(text) <= 500),
    shown_from timestamptz NOT NULL,
    shown_until timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, id),
    CHECK (shown_until > shown_from)
);
CREATE INDEX notices_by_time ON notices (org_id, shown_from DESC);
COMMENT ON TABLE notices IS 'What an organization tells everyone on its booking pages: closed for the fair, a new address.';
SELECT make_tenant_table('notices');
SELECT audit_table('notices', 'notice', 'text', '{id}', '{created_at,updated_at}');
