-- Calendar feeds of an organization: addresses that calendar programs read without signing in.

CREATE TABLE calendar_feeds (
    org_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    resource_id uuid,
    label text NOT NULL CHECK (label <> '' AND length(label) <= 100),
    made_by text NOT NULL,
    created_at timestamptz NOT NULL,
    revoked_at timestamptz,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, resource_id) REFERENCES resources (org_id, id) ON DELETE CASCADE
);
CREATE INDEX calendar_feeds_by_resource ON calendar_feeds (org_id, resource_id) WHERE resource_id IS NOT NULL;
COMMENT ON COLUMN calendar_feeds.resource_id IS
    'Whose bookings: those that use a resource, or of an offer; NULL: all of the organization.';
SELECT make_tenant_table('calendar_feeds');
SELECT audit_table('calendar_feeds', 'calendar feed', 'label', '{id}', '{created_at}');
