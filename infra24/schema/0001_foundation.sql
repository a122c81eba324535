-- Organizations, what can be booked, bookings and their claims, and what is told about them.
--
-- Every tenant table begins its keys with org_id, so that no row can refer to another organization's and
-- the tables can be distributed on it. Row-level security compares org_id with app.org_id, which
-- transaction(org_id) sets; when it is unset the comparison is an error, not an empty answer.

CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE TABLE organizations (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    name text NOT NULL CHECK (name <> ''),
    time_zone text NOT NULL,
    locale text NOT NULL DEFAULT 'en_US',
    currency text NOT NULL DEFAULT 'USD' CHECK (currency ~ '^[A-Z]{3}$'),
    theme jsonb NOT NULL DEFAULT '{}',
    settings jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE organizations IS 'Tenants. Readable by all, written only by the owner role.';

CREATE TABLE organization_keys (
    org_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    key_hash bytea NOT NULL CHECK (length(key_hash) = 32),
    label text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (org_id, key_hash)
);

CREATE TABLE locations (
    org_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    name text NOT NULL CHECK (name <> ''),
    address text NOT NULL DEFAULT '',
    PRIMARY KEY (org_id, id),
    UNIQUE (org_id, name)
);

CREATE TABLE resources (
    org_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    slug text NOT NULL CHECK (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    type text NOT NULL CHECK (type IN ('space', 'equipment', 'person', 'other')),
    title text NOT NULL CHECK (title <> ''),
    description text NOT NULL DEFAULT '',
    category text NOT NULL DEFAULT '',
    email text CHECK (email = lower(email)),
    capacity integer CHECK (capacity BETWEEN 1 AND 1000),
    price bigint NOT NULL DEFAULT 0 CHECK (price >= 0),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    location_id uuid,
    meeting_url text NOT NULL DEFAULT '',
    requirements text[] NOT NULL DEFAULT '{}',
    metadata jsonb NOT NULL DEFAULT '{}',
    availability_rules jsonb NOT NULL DEFAULT '{}',
    is_active boolean NOT NULL DEFAULT true,
    is_bookable boolean NOT NULL DEFAULT true,
    longest_claim interval NOT NULL DEFAULT '0',
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (org_id, id),
    UNIQUE (org_id, slug),
    UNIQUE (org_id, email),
    FOREIGN KEY (org_id, location_id) REFERENCES locations (org_id, id),
    CHECK ((type = 'person') = (email IS NOT NULL))
);
COMMENT ON COLUMN resources.capacity IS 'How many bookings may hold it at once; NULL: never occupied itself.';
COMMENT ON COLUMN resources.price IS 'In minor units of the currency.';
COMMENT ON COLUMN resources.longest_claim IS
    'No claim on it was ever longer: bounds the read of what overlaps a range. Grows when rules are saved.';
COMMENT ON COLUMN resources.version IS 'Grows with every change of the resource or of a host it names.';

CREATE TABLE resource_hosts (
    org_id uuid NOT NULL,
    resource_id uuid NOT NULL,
    host_id uuid NOT NULL,
    position smallint NOT NULL,
    assigned bigint NOT NULL DEFAULT 0,
    assigned_at timestamptz,
    PRIMARY KEY (org_id, resource_id, host_id),
    FOREIGN KEY (org_id, resource_id) REFERENCES resources (org_id, id) ON DELETE CASCADE,
    FOREIGN KEY (org_id, host_id) REFERENCES resources (org_id, id)
);
CREATE INDEX resource_hosts_by_host ON resource_hosts (org_id, host_id);
COMMENT ON TABLE resource_hosts IS 'The people that a resource''s windows open, and how often each was chosen.';

CREATE TABLE bookings (
    org_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    resource_id uuid NOT NULL,
    status text NOT NULL
        CHECK (status IN ('hold', 'pending', 'confirmed', 'completed', 'cancelled', 'no_show')),
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    time_zone text NOT NULL,
    booker_name text NOT NULL DEFAULT '',
    booker_email text NOT NULL DEFAULT '',
    goal_text text NOT NULL DEFAULT '',
    consent_recording boolean NOT NULL DEFAULT false,
    meeting_url text NOT NULL DEFAULT '',
    price bigint NOT NULL DEFAULT 0,
    currency text NOT NULL,
    policy jsonb NOT NULL,
    locale text NOT NULL DEFAULT '',
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
    CHECK (starts_at < ends_at),
    CHECK ((status = 'hold') = (expires_at IS NOT NULL)),
    CHECK ((status = 'cancelled') = (end_kind IS NOT NULL) AND (end_kind IS NULL) = (ended_by IS NULL))
);
CREATE UNIQUE INDEX bookings_by_token ON bookings (org_id, token_hash);
CREATE INDEX bookings_by_time ON bookings (org_id, starts_at, id);
CREATE INDEX bookings_by_booker ON bookings (org_id, booker_email, starts_at);
CREATE INDEX bookings_holds ON bookings (expires_at) WHERE status = 'hold';
COMMENT ON COLUMN bookings.policy IS 'The notice for changes, frozen when the booking was made.';
COMMENT ON COLUMN bookings.revision IS 'Counts changes of time or state; the SEQUENCE of its calendar file.';

CREATE TABLE claims (
    org_id uuid NOT NULL,
    booking_id uuid NOT NULL,
    resource_id uuid NOT NULL,
    unit smallint NOT NULL DEFAULT 1 CHECK (unit >= 1),
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    booked_at timestamptz NOT NULL,
    expires_at timestamptz,
    during tstzrange NOT NULL GENERATED ALWAYS AS (tstzrange(starts_at, ends_at, '[)')) STORED,
    PRIMARY KEY (org_id, booking_id, resource_id, unit, starts_at),
    FOREIGN KEY (org_id, booking_id) REFERENCES bookings (org_id, id) ON DELETE CASCADE,
    FOREIGN KEY (org_id, resource_id) REFERENCES resources (org_id, id),
    CHECK (starts_at < ends_at),
    CONSTRAINT claims_never_overlap
        EXCLUDE USING gist (org_id WITH =, resource_id WITH =, unit WITH =, during WITH &&)
);
CREATE INDEX claims_by_time ON claims (org_id, resource_id, starts_at)
    INCLUDE (ends_at, unit, booked_at, expires_at, booking_id);
COMMENT ON TABLE claims IS 'One unit of one resource for one range, buffers included, by one booking. They never overlap.';
COMMENT ON COLUMN claims.booked_at IS 'When its booking begins, without the buffer: the day that limits count.';
COMMENT ON COLUMN claims.expires_at IS 'Of a hold: from then on it counts for nothing and whoever books next removes it.';

CREATE TABLE participants (
    org_id uuid NOT NULL,
    booking_id uuid NOT NULL,
    role text NOT NULL CHECK (role IN ('booker', 'host')),
    name text NOT NULL,
    email text NOT NULL,
    resource_id uuid,
    PRIMARY KEY (org_id, booking_id, role, email),
    FOREIGN KEY (org_id, booking_id) REFERENCES bookings (org_id, id) ON DELETE CASCADE,
    FOREIGN KEY (org_id, resource_id) REFERENCES resources (org_id, id)
);

CREATE TABLE decisions (
    org_id uuid NOT NULL,
    booking_id uuid NOT NULL,
    made_at timestamptz NOT NULL,
    pooling text NOT NULL,
    chosen uuid[] NOT NULL,
    candidates jsonb NOT NULL,
    PRIMARY KEY (org_id, booking_id, made_at),
    FOREIGN KEY (org_id, booking_id) REFERENCES bookings (org_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE decisions IS 'Why these hosts: the candidates as they stood, in the order tried.';

CREATE TABLE event_heads (
    org_id uuid PRIMARY KEY REFERENCES organizations (id) ON DELETE CASCADE,
    seq bigint NOT NULL DEFAULT 0,
    due_at timestamptz
);
CREATE INDEX event_heads_due ON event_heads (due_at) WHERE due_at IS NOT NULL;
COMMENT ON COLUMN event_heads.seq IS 'The place of the newest event.';
COMMENT ON COLUMN event_heads.due_at IS
    'From when on the worker must look; -infinity: there are new events, NULL: every subscriber has had all.';

CREATE TABLE events (
    org_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    seq bigint NOT NULL,
    id uuid NOT NULL,
    type text NOT NULL,
    version smallint NOT NULL,
    subject_id uuid NOT NULL,
    data jsonb NOT NULL,
    actor_kind text NOT NULL,
    actor_id text NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, seq),
    UNIQUE (org_id, id)
);

CREATE TABLE event_subscribers (
    name text PRIMARY KEY,
    added_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE event_subscribers IS
    'Who has cursors. `migrate` adds a subscriber that is new, at the newest event of every organization.';

CREATE TABLE event_cursors (
    org_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    subscriber text NOT NULL,
    seq bigint NOT NULL DEFAULT 0,
    attempts smallint NOT NULL DEFAULT 0,
    retry_at timestamptz,
    PRIMARY KEY (org_id, subscriber)
);
COMMENT ON COLUMN event_cursors.seq IS
    'The last event that the subscriber has had: moved by the transaction of its effect, so that it happens once.';

CREATE TABLE parked_events (
    org_id uuid NOT NULL,
    subscriber text NOT NULL,
    seq bigint NOT NULL,
    error text NOT NULL,
    parked_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, subscriber, seq),
    FOREIGN KEY (org_id, seq) REFERENCES events (org_id, seq) ON DELETE CASCADE
);
COMMENT ON TABLE parked_events IS 'What a subscriber failed on for good: it went on with the next, and this waits.';

CREATE TABLE announcements (
    org_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    kind text NOT NULL,
    title text NOT NULL,
    body text NOT NULL,
    booking_id uuid,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, booking_id) REFERENCES bookings (org_id, id) ON DELETE CASCADE
);
CREATE INDEX announcements_by_time ON announcements (org_id, created_at DESC);

CREATE TABLE idempotency_keys (
    org_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    key_hash bytea NOT NULL,
    fingerprint bytea NOT NULL,
    status smallint,
    answer text,
    claimed_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, key_hash)
);

CREATE TABLE sweeps (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    name text NOT NULL,
    swept_at timestamptz NOT NULL DEFAULT now(),
    found integer NOT NULL
);
COMMENT ON TABLE sweeps IS 'Each look across organizations, by the role that may: what for, when, how many rows.';

-- One organization at a time, for the application's role.
DO $$
DECLARE
    tenant_table text;
BEGIN
    FOR tenant_table IN
        SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attname = 'org_id'
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tenant_table);
        EXECUTE format(
            'CREATE POLICY one_organization ON %I TO infra24_app '
            'USING (org_id = current_setting(''app.org_id'')::uuid) '
            'WITH CHECK (org_id = current_setting(''app.org_id'')::uuid)', tenant_table);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO infra24_app', tenant_table);
    END LOOP;
END $$;
REVOKE UPDATE, DELETE ON events, decisions FROM infra24_app;
GRANT SELECT ON event_subscribers TO infra24_app;
REVOKE INSERT, UPDATE, DELETE ON organization_keys FROM infra24_app;

ALTER TABLE organizations ENABLE ROW LEVEL SECURITY;
CREATE POLICY directory ON organizations FOR SELECT TO infra24_app, infra24_sweep USING (true);
GRANT SELECT ON organizations TO infra24_app, infra24_sweep;

-- Across organizations, read only, and each look leaves a row.
CREATE POLICY sweep ON bookings FOR SELECT TO infra24_sweep USING (true);
CREATE POLICY sweep ON idempotency_keys FOR SELECT TO infra24_sweep USING (true);
GRANT SELECT (org_id, id, status, expires_at) ON bookings TO infra24_sweep;
GRANT SELECT (org_id, claimed_at) ON idempotency_keys TO infra24_sweep;
GRANT INSERT ON sweeps TO infra24_sweep;

-- A resource's organization, for addresses that name only the resource. It tells nothing else.
CREATE FUNCTION organization_of_resource(wanted uuid) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
    AS 'SELECT org_id FROM resources WHERE id = wanted LIMIT 1';
REVOKE ALL ON FUNCTION organization_of_resource(uuid) FROM public;
GRANT EXECUTE ON FUNCTION organization_of_resource(uuid) TO infra24_app;
CREATE INDEX resources_by_id ON resources (id);

-- The organizations whose events a worker must deliver. It tells nothing else.
CREATE FUNCTION event_organizations_due(now timestamptz, most integer) RETURNS TABLE (org_id uuid)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS 'BEGIN RETURN QUERY SELECT h.org_id FROM event_heads h WHERE h.due_at <= now ORDER BY h.due_at LIMIT most; END';
REVOKE ALL ON FUNCTION event_organizations_due(timestamptz, integer) FROM public;
GRANT EXECUTE ON FUNCTION event_organizations_due(timestamptz, integer) TO infra24_app;
