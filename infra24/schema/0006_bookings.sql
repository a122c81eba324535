-- Bookings: what they occupy, who is in them, what must happen before they are confirmed; and their series.

CREATE TABLE series (
    org_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    resource_id uuid NOT NULL,
    rule text NOT NULL,
    starts_local timestamp NOT NULL,
    time_zone text NOT NULL,
    minutes integer NOT NULL CHECK (minutes > 0),
    skips_holidays boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, resource_id) REFERENCES resources (org_id, id)
);
COMMENT ON COLUMN series.rule IS 'RFC 5545, of wall time in its zone.';
SELECT make_tenant_table('series');
SELECT audit_table('series', 'series', 'rule', '{id}', '{created_at}');

CREATE TABLE bookings (
    org_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    kind text NOT NULL DEFAULT 'appointment' CHECK (kind IN ('appointment', 'session', 'block')),
    resource_id uuid NOT NULL,
    status text NOT NULL
        CHECK (status IN ('hold', 'pending', 'confirmed', 'completed', 'cancelled', 'no_show')),
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    time_zone text NOT NULL,
    local_start timestamp,
    booker_name text NOT NULL DEFAULT '',
    booker_email text NOT NULL DEFAULT '',
    phone text NOT NULL DEFAULT '',
    goal_text text NOT NULL DEFAULT '',
    consent_recording boolean NOT NULL DEFAULT false,
    answers jsonb NOT NULL DEFAULT '[]',
    locale text NOT NULL DEFAULT '',
    meeting_url text NOT NULL DEFAULT '',
    location_details text NOT NULL DEFAULT '',
    price bigint NOT NULL DEFAULT 0,
    currency text NOT NULL,
    cancel_notice_minutes integer NOT NULL DEFAULT 0,
    reschedule_notice_minutes integer NOT NULL DEFAULT 0,
    choice jsonb NOT NULL DEFAULT '{}',
    claim_count smallint,
    link_id uuid,
    series_id uuid,
    series_at timestamp,
    is_exception boolean NOT NULL DEFAULT false,
    notes text NOT NULL DEFAULT '',
    token_hash bytea NOT NULL CHECK (length(token_hash) = 32),
    expires_at timestamptz,
    revision integer NOT NULL DEFAULT 0,
    end_kind text CHECK (end_kind IN ('cancelled', 'declined', 'lapsed', 'released', 'expired')),
    ended_by text CHECK (ended_by IN ('booker', 'staff', 'system')),
    end_reason text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, resource_id) REFERENCES resources (org_id, id),
    FOREIGN KEY (org_id, link_id) REFERENCES booking_links (org_id, id),
    FOREIGN KEY (org_id, series_id) REFERENCES series (org_id, id),
    CHECK (starts_at < ends_at),
    CHECK ((status = 'hold') = (expires_at IS NOT NULL)),
    CHECK ((status = 'cancelled') = (end_kind IS NOT NULL) AND (end_kind IS NULL) = (ended_by IS NULL))
);
CREATE UNIQUE INDEX bookings_by_token ON bookings (org_id, token_hash);
CREATE INDEX bookings_by_time ON bookings (org_id, starts_at, id);
CREATE INDEX bookings_by_booker ON bookings (org_id, booker_email, starts_at);
CREATE INDEX bookings_by_offer ON bookings (org_id, resource_id, starts_at) INCLUDE (ends_at, status);
CREATE INDEX bookings_by_series ON bookings (org_id, series_id, series_at) WHERE series_id IS NOT NULL;
CREATE INDEX bookings_waiting ON bookings (org_id, starts_at, id) WHERE status = 'pending';
CREATE INDEX bookings_holds ON bookings (expires_at) WHERE status = 'hold';
COMMENT ON COLUMN bookings.kind IS
    'An appointment that someone booked, a session of a workshop, or time that staff block.';
COMMENT ON COLUMN bookings.local_start IS 'What the wall clock of its zone was to show: what people agreed on.';
COMMENT ON COLUMN bookings.cancel_notice_minutes IS 'As it was agreed when the booking was made.';
COMMENT ON COLUMN bookings.choice IS 'The hosts that were asked for, or the way of pooling of a link.';
COMMENT ON COLUMN bookings.claim_count IS 'How many claims it made.';
COMMENT ON COLUMN bookings.series_at IS 'Where the rule of its series put it (RECURRENCE-ID), in wall time.';
COMMENT ON COLUMN bookings.is_exception IS 'Was changed alone: edits of its series leave it as it is.';
COMMENT ON COLUMN bookings.notes IS 'Of the staff, for the staff.';
COMMENT ON COLUMN bookings.expires_at IS 'Of a hold: when it ends by itself.';
COMMENT ON COLUMN bookings.revision IS 'Counts changes of time or state; the SEQUENCE of its calendar file.';
SELECT make_tenant_table('bookings');

CREATE TABLE claims (
    org_id uuid NOT NULL,
    booking_id uuid NOT NULL,
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    resource_id uuid NOT NULL,
    unit smallint NOT NULL DEFAULT 1 CHECK (unit >= 1),
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    booked_at timestamptz NOT NULL,
    booked_until timestamptz NOT NULL,
    layout text NOT NULL DEFAULT '',
    turnover boolean NOT NULL DEFAULT false,
    expires_at timestamptz,
    released_at timestamptz,
    during tstzrange NOT NULL GENERATED ALWAYS AS (tstzrange(starts_at, ends_at, '[)')) STORED,
    PRIMARY KEY (org_id, booking_id, id),
    FOREIGN KEY (org_id, booking_id) REFERENCES bookings (org_id, id) ON DELETE CASCADE,
    FOREIGN KEY (org_id, resource_id) REFERENCES resources (org_id, id),
    CHECK (starts_at < ends_at),
    CONSTRAINT claims_never_overlap
        EXCLUDE USING gist (org_id WITH =, resource_id WITH =, unit WITH =, during WITH &&)
        WHERE (released_at IS NULL)
);
CREATE INDEX claims_by_time ON claims (org_id, resource_id, starts_at)
    INCLUDE (ends_at, unit, booked_at, expires_at, booking_id, booked_until, layout, turnover)
    WHERE released_at IS NULL;
COMMENT ON TABLE claims IS
    'One unit of one resource for one range, buffers included, by one booking. Those that stand never overlap.';
COMMENT ON COLUMN claims.booked_at IS 'When its booking begins, without the buffer: the day that limits count.';
COMMENT ON COLUMN claims.turnover IS
    'Setting up or clearing away for a layout. Gives way to a neighbour of the same layout.';
COMMENT ON COLUMN claims.expires_at IS 'Of a hold: from then on it counts for nothing and whoever books next removes it.';
COMMENT ON COLUMN claims.released_at IS
    'When its booking ended before its time: it occupies nothing since, and says what the booking used.';
SELECT make_tenant_table('claims');

CREATE TABLE participants (
    org_id uuid NOT NULL,
    booking_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    role text NOT NULL CHECK (role IN ('booker', 'host', 'attendee', 'guest')),
    name text NOT NULL,
    email text NOT NULL,
    resource_id uuid,
    PRIMARY KEY (org_id, booking_id, id),
    FOREIGN KEY (org_id, booking_id) REFERENCES bookings (org_id, id) ON DELETE CASCADE,
    FOREIGN KEY (org_id, resource_id) REFERENCES resources (org_id, id)
);
CREATE INDEX participants_by_resource ON participants (org_id, resource_id, booking_id)
    WHERE resource_id IS NOT NULL;
COMMENT ON COLUMN participants.email IS 'Several may share one: of a family, of a class.';
COMMENT ON COLUMN participants.resource_id IS 'Of a host: the person that can be booked.';
SELECT make_tenant_table('participants');

CREATE TABLE booking_requirements (
    org_id uuid NOT NULL,
    booking_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind <> ''),
    due_at timestamptz NOT NULL,
    met_at timestamptz,
    PRIMARY KEY (org_id, booking_id, kind),
    FOREIGN KEY (org_id, booking_id) REFERENCES bookings (org_id, id) ON DELETE CASCADE
);
CREATE INDEX booking_requirements_due ON booking_requirements (due_at) WHERE met_at IS NULL;
COMMENT ON TABLE booking_requirements IS
    'What must happen before a booking is confirmed: it is pending until all are met.';
COMMENT ON COLUMN booking_requirements.due_at IS 'A booking whose requirement is not met by then ends by itself.';
SELECT make_tenant_table('booking_requirements');

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
SELECT make_tenant_table('booking_clients');

-- A hold is nobody's yet: the booking that it becomes is one that was created.
CREATE CONSTRAINT TRIGGER audit_new AFTER INSERT ON bookings DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.status <> 'hold')
    EXECUTE FUNCTION audit_row('booking', 'booker_name', '{id}', '{token_hash,choice}');
CREATE CONSTRAINT TRIGGER audit AFTER UPDATE OR DELETE ON bookings DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.status <> 'hold')
    EXECUTE FUNCTION audit_row('booking', 'booker_name', '{id}', '{token_hash,choice}');
CREATE CONSTRAINT TRIGGER audit_confirmed AFTER UPDATE ON bookings DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.status = 'hold' AND NEW.status IN ('pending', 'confirmed'))
    EXECUTE FUNCTION audit_row('booking', 'booker_name', '{id}', '{token_hash,choice}', '', 'INSERT');

-- Who is in a booking and what it takes are part of it. The booker's name and address are columns of the booking.
CREATE CONSTRAINT TRIGGER audit_new AFTER INSERT ON participants DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.role <> 'booker')
    EXECUTE FUNCTION audit_row('booking', '', '{booking_id}', '{id,booking_id}', 'participant');
CREATE CONSTRAINT TRIGGER audit AFTER DELETE ON participants DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.role <> 'booker')
    EXECUTE FUNCTION audit_row('booking', '', '{booking_id}', '{id,booking_id}', 'participant');
CREATE CONSTRAINT TRIGGER audit_changed AFTER UPDATE ON participants DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.role <> 'booker' OR NEW.role <> 'booker')
    EXECUTE FUNCTION audit_row('booking', '', '{booking_id}', '{id,booking_id}', 'participant');
CREATE CONSTRAINT TRIGGER audit AFTER DELETE ON claims DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NOT OLD.turnover AND OLD.expires_at IS NULL)
    EXECUTE FUNCTION audit_row('booking', '', '{booking_id}', '{booking_id,id,starts_at,ends_at,booked_at,booked_until,layout,turnover,expires_at,released_at,during}', 'claim');
CREATE CONSTRAINT TRIGGER audit_changed AFTER UPDATE ON claims DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NOT OLD.turnover AND OLD.resource_id <> NEW.resource_id)
    EXECUTE FUNCTION audit_row('booking', '', '{booking_id}', '{booking_id,id,starts_at,ends_at,booked_at,booked_until,layout,turnover,expires_at,released_at,during}', 'claim');
CREATE CONSTRAINT TRIGGER audit_met AFTER UPDATE ON booking_requirements DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.met_at IS DISTINCT FROM NEW.met_at)
    EXECUTE FUNCTION audit_row('booking', '', '{booking_id}', '{booking_id,kind,due_at}', 'requirement');

-- Across organizations, read only, and each look leaves a row (see sweeps): what ends by itself.
CREATE POLICY sweep ON bookings FOR SELECT TO infra24_sweep USING (true);
CREATE POLICY sweep ON booking_requirements FOR SELECT TO infra24_sweep USING (true);
CREATE POLICY sweep ON booking_clients FOR SELECT TO infra24_sweep USING (true);
GRANT SELECT (org_id, id, status, expires_at) ON bookings TO infra24_sweep;
GRANT SELECT (org_id, booking_id, due_at, met_at) ON booking_requirements TO infra24_sweep;
GRANT SELECT (org_id, counted_at) ON booking_clients TO infra24_sweep;
