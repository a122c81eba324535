-- By which service an organization's messages go, how many at a time, and who wants none.

-- A sender is a connection of the organization. One for each channel.
CREATE UNIQUE INDEX one_email_sender ON org_connections (org_id) WHERE kind IN ('smtp', 'resend');
CREATE UNIQUE INDEX one_sms_sender ON org_connections (org_id) WHERE kind = 'twilio';

CREATE TABLE sending_rates (
    org_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    channel text NOT NULL CHECK (channel IN ('email', 'sms')),
    next_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, channel)
);
COMMENT ON COLUMN sending_rates.next_at IS 'When the next message may be sent (generic cell rate algorithm).';
SELECT make_tenant_table('sending_rates');

ALTER TABLE notifications ADD COLUMN provider_id text CHECK (length(provider_id) <= 200);
COMMENT ON COLUMN notifications.provider_id IS 'What the provider calls the message: its reports name it.';
CREATE INDEX notifications_by_provider_id ON notifications (org_id, provider_id) WHERE provider_id IS NOT NULL;

ALTER TABLE bookings ADD COLUMN wants_texts boolean NOT NULL DEFAULT false;
ALTER TABLE bookings ADD COLUMN booker_zone text NOT NULL DEFAULT '' CHECK (length(booker_zone) <= 60);
COMMENT ON COLUMN bookings.booker_zone IS
    'The time zone that whoever booked saw times in, if they said: what meets online is told them in it.';
COMMENT ON COLUMN bookings.wants_texts IS 'Whether whoever booked asked for texts about it, to their phone number.';

CREATE TABLE suppressions (
    org_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    channel text NOT NULL CHECK (channel IN ('email', 'sms')),
    address text NOT NULL CHECK (address <> '' AND length(address) <= 320),
    reason text NOT NULL CHECK (reason IN ('bounced', 'complained', 'stopped', 'recorded')),
    note text NOT NULL DEFAULT '' CHECK (length(note) <= 500),
    recorded_by text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, channel, address)
);
CREATE INDEX suppressions_by_time ON suppressions (org_id, created_at DESC);
COMMENT ON TABLE suppressions IS 'Addresses and numbers that are sent nothing at all, and why.';
SELECT make_tenant_table('suppressions');
SELECT audit_table('suppressions', 'opt-out', 'address', '{channel,address}', '{created_at}');

CREATE TABLE message_preferences (
    org_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    channel text NOT NULL CHECK (channel IN ('email', 'sms')),
    address text NOT NULL CHECK (address <> '' AND length(address) <= 320),
    purpose text NOT NULL CHECK (purpose ~ '^[a-z_]{1,40}$'),
    wanted boolean NOT NULL,
    source text NOT NULL CHECK (source IN ('booking', 'link', 'account', 'staff')),
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, channel, address, purpose)
);
COMMENT ON TABLE message_preferences IS
    'What a person chose about messages of one purpose. Without a row the purpose''s default holds.';
COMMENT ON COLUMN message_preferences.source IS 'Where they said so: the proof of their consent.';
SELECT make_tenant_table('message_preferences');

-- Digests are queued for the organizations where somebody wants one.
CREATE POLICY sweep ON message_preferences FOR SELECT TO infra24_sweep USING (true);
GRANT SELECT (org_id, purpose, wanted) ON message_preferences TO infra24_sweep;

-- The organizations whose notifications are due, the longest overdue first, without those that have sent as
-- much as they may for now. It tells nothing else.
CREATE OR REPLACE FUNCTION notification_organizations_due(now timestamptz, most integer)
    RETURNS TABLE (org_id uuid)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN QUERY
    SELECT d.org_id FROM (
        SELECT n.org_id, n.due_at FROM notifications n
        WHERE n.due_at <= now AND NOT EXISTS (
            SELECT 1 FROM sending_rates r
            WHERE r.org_id = n.org_id AND r.channel = n.channel AND r.next_at > now)
        ORDER BY n.due_at LIMIT 2000) d
    GROUP BY d.org_id ORDER BY min(d.due_at) LIMIT most;
END $$;
