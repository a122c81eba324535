-- As whom visitors' holds and bookings are counted, so that nobody keeps more than one visitor may.

CREATE TABLE booking_clients (
    org_id uuid NOT NULL,
    booking_id uuid NOT NULL,
    client bytea NOT NULL CHECK (length(client) = 16),
    counted_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, booking_id),
    FOREIGN KEY (org_id, booking_id) REFERENCES bookings (org_id, id) ON DELETE CASCADE
);
CREATE INDEX booking_clients_by_client ON booking_clients (org_id, client, counted_at);
CREATE INDEX booking_clients_by_age ON booking_clients (counted_at);
COMMENT ON TABLE booking_clients IS 'As whom a visitor''s hold or booking is counted; forgotten after 91 days.';
COMMENT ON COLUMN booking_clients.client IS
    'A hash, keyed by the installation''s secret, of a network address, an account or a key: it tells nobody who.';

ALTER TABLE booking_clients ENABLE ROW LEVEL SECURITY;
CREATE POLICY one_organization ON booking_clients TO infra24_app
    USING (org_id = current_setting('app.org_id')::uuid)
    WITH CHECK (org_id = current_setting('app.org_id')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON booking_clients TO infra24_app;
CREATE POLICY sweep ON booking_clients FOR SELECT TO infra24_sweep USING (true);
GRANT SELECT (org_id, counted_at) ON booking_clients TO infra24_sweep;
