-- What staff are told on their pages.

CREATE TABLE announcements (
    org_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    kind text NOT NULL,
    facts jsonb NOT NULL,
    booking_id uuid,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, booking_id) REFERENCES bookings (org_id, id) ON DELETE CASCADE
);
CREATE INDEX announcements_by_time ON announcements (org_id, created_at DESC);
CREATE INDEX announcements_by_booking ON announcements (org_id, booking_id) WHERE booking_id IS NOT NULL;
COMMENT ON COLUMN announcements.facts IS 'What the event said of the booking; words are put to it where it is shown.';
SELECT make_tenant_table('announcements');
