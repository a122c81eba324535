-- Offers in full: appointment types and what they need, linked spaces, holidays, layouts, the ledger of
-- turns, booking links, series.

-- One number per organization that grows with every change of what is offered there: whoever remembers an
-- offer compares it, in the statement that reads the claims.
CREATE TABLE catalogues (
    org_id uuid PRIMARY KEY REFERENCES organizations (id) ON DELETE CASCADE,
    version bigint NOT NULL DEFAULT 1
);

ALTER TABLE resources
    ADD COLUMN tags text[] NOT NULL DEFAULT '{}',
    ADD COLUMN layouts jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN is_link boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN resources.layouts IS 'Minutes of setup and teardown by the name of a layout.';
COMMENT ON COLUMN resources.is_link IS 'Stands for "not both of these": a part that two resources share.';
COMMENT ON COLUMN resources.longest_claim IS
    'No claim on it was ever longer: bounds the read of what overlaps a range. Grows with a longer claim.';

CREATE TABLE appointment_types (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    needs jsonb NOT NULL,
    questions jsonb NOT NULL DEFAULT '[]',
    prices jsonb NOT NULL DEFAULT '{}',
    meets text NOT NULL DEFAULT '' CHECK (meets IN ('', 'place', 'phone', 'link')),
    layout text NOT NULL DEFAULT '',
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, id) REFERENCES resources (org_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE appointment_types IS
    'What an offer needs besides what its rules say: pools of resources by id, tag or skill.';

CREATE TABLE resource_parts (
    org_id uuid NOT NULL,
    whole_id uuid NOT NULL,
    part_id uuid NOT NULL,
    PRIMARY KEY (org_id, whole_id, part_id),
    FOREIGN KEY (org_id, whole_id) REFERENCES resources (org_id, id) ON DELETE CASCADE,
    FOREIGN KEY (org_id, part_id) REFERENCES resources (org_id, id) ON DELETE CASCADE,
    CHECK (whole_id <> part_id)
);
CREATE INDEX resource_parts_by_part ON resource_parts (org_id, part_id);
COMMENT ON TABLE resource_parts IS 'Whoever claims the whole claims every unit of its parts.';

CREATE TABLE holiday_calendars (
    org_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    country text NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    subdivision text NOT NULL DEFAULT '',
    PRIMARY KEY (org_id, country, subdivision)
);

CREATE TABLE holidays (
    org_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    held_on date NOT NULL,
    name text NOT NULL CHECK (name <> ''),
    is_closed boolean NOT NULL DEFAULT true,
    PRIMARY KEY (org_id, held_on)
);
COMMENT ON COLUMN holidays.is_closed IS 'False: open although a country''s calendar has a holiday.';

-- The ledger of turns.
CREATE TABLE balances (
    org_id uuid NOT NULL,
    offer_id uuid NOT NULL,
    host_id uuid NOT NULL,
    balance bigint NOT NULL DEFAULT 0,
    given bigint NOT NULL DEFAULT 0,
    chosen_at timestamptz,
    PRIMARY KEY (org_id, offer_id, host_id),
    FOREIGN KEY (org_id, offer_id) REFERENCES resources (org_id, id) ON DELETE CASCADE,
    FOREIGN KEY (org_id, host_id) REFERENCES resources (org_id, id) ON DELETE CASCADE
);
COMMENT ON COLUMN balances.balance IS 'Turns given less turns owed, in millionths. All of an offer add to zero.';
ALTER TABLE resource_hosts DROP COLUMN assigned, DROP COLUMN assigned_at;
ALTER TABLE decisions
    DROP CONSTRAINT decisions_pkey,
    ADD COLUMN seq bigint GENERATED ALWAYS AS IDENTITY,
    ADD COLUMN offer_id uuid,
    ADD COLUMN is_turn boolean NOT NULL DEFAULT false,
    ADD COLUMN returned boolean NOT NULL DEFAULT false,
    ADD COLUMN kept boolean NOT NULL DEFAULT false,
    ADD PRIMARY KEY (org_id, booking_id, seq),
    ADD FOREIGN KEY (org_id, offer_id) REFERENCES resources (org_id, id) ON DELETE CASCADE;
CREATE INDEX decisions_by_offer ON decisions (org_id, offer_id, seq) WHERE is_turn;
COMMENT ON COLUMN decisions.is_turn IS 'Whether it is a line of the ledger; one that was returned takes a turn out.';

CREATE TABLE booking_links (
    org_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    slug text NOT NULL CHECK (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    kind text NOT NULL CHECK (kind IN ('individual', 'team', 'round_robin', 'collective')),
    title text NOT NULL CHECK (title <> ''),
    description text NOT NULL DEFAULT '',
    theme jsonb NOT NULL DEFAULT '{}',
    expires_at timestamptz,
    max_uses integer CHECK (max_uses > 0),
    uses integer NOT NULL DEFAULT 0,
    is_private boolean NOT NULL DEFAULT false,
    is_active boolean NOT NULL DEFAULT true,
    sites text[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (org_id, id),
    UNIQUE (org_id, slug),
    CONSTRAINT booking_links_not_used_up CHECK (uses <= max_uses)
);
COMMENT ON COLUMN booking_links.sites IS 'The sites that may show the link in a frame.';
CREATE TABLE booking_link_offers (
    org_id uuid NOT NULL,
    link_id uuid NOT NULL,
    offer_id uuid NOT NULL,
    position smallint NOT NULL,
    PRIMARY KEY (org_id, link_id, offer_id),
    FOREIGN KEY (org_id, link_id) REFERENCES booking_links (org_id, id) ON DELETE CASCADE,
    FOREIGN KEY (org_id, offer_id) REFERENCES resources (org_id, id) ON DELETE CASCADE
);
CREATE TABLE booking_link_hosts (
    org_id uuid NOT NULL,
    link_id uuid NOT NULL,
    host_id uuid NOT NULL,
    position smallint NOT NULL,
    PRIMARY KEY (org_id, link_id, host_id),
    FOREIGN KEY (org_id, link_id) REFERENCES booking_links (org_id, id) ON DELETE CASCADE,
    FOREIGN KEY (org_id, host_id) REFERENCES resources (org_id, id) ON DELETE CASCADE
);

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

ALTER TABLE bookings
    ADD COLUMN local_start timestamp,
    ADD COLUMN phone text NOT NULL DEFAULT '',
    ADD COLUMN location_details text NOT NULL DEFAULT '',
    ADD COLUMN answers jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN choice jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN claimed smallint,
    ADD COLUMN link_id uuid,
    ADD COLUMN series_id uuid,
    ADD COLUMN series_at timestamp,
    ADD COLUMN is_exception boolean NOT NULL DEFAULT false,
    ADD FOREIGN KEY (org_id, link_id) REFERENCES booking_links (org_id, id),
    ADD FOREIGN KEY (org_id, series_id) REFERENCES series (org_id, id);
COMMENT ON COLUMN bookings.local_start IS 'What the wall clock of its zone was to show: what people agreed on.';
COMMENT ON COLUMN bookings.choice IS 'The hosts that were asked for, or the way of pooling of a link.';
COMMENT ON COLUMN bookings.claimed IS 'How many claims it made.';
COMMENT ON COLUMN bookings.series_at IS 'Where the rule of its series put it (RECURRENCE-ID), in wall time.';
COMMENT ON COLUMN bookings.is_exception IS 'Was changed alone: edits of its series leave it as it is.';
CREATE INDEX bookings_by_offer ON bookings (org_id, resource_id, starts_at) INCLUDE (ends_at, status);
CREATE INDEX bookings_by_series ON bookings (org_id, series_id, series_at) WHERE series_id IS NOT NULL;

ALTER TABLE claims
    ADD COLUMN booked_until timestamptz,
    ADD COLUMN layout text NOT NULL DEFAULT '',
    ADD COLUMN turnover boolean NOT NULL DEFAULT false;
UPDATE claims c SET booked_until = b.ends_at FROM bookings b
    WHERE (b.org_id, b.id) = (c.org_id, c.booking_id);
ALTER TABLE claims ALTER COLUMN booked_until SET NOT NULL;
COMMENT ON COLUMN claims.turnover IS
    'Setting up or clearing away for a layout. Gives way to a neighbour of the same layout.';
DROP INDEX claims_by_time;
CREATE INDEX claims_by_time ON claims (org_id, resource_id, starts_at)
    INCLUDE (ends_at, unit, booked_at, expires_at, booking_id, booked_until, layout, turnover);

DO $$
DECLARE
    tenant_table text;
BEGIN
    FOREACH tenant_table IN ARRAY ARRAY['catalogues', 'appointment_types', 'resource_parts',
        'holiday_calendars', 'holidays', 'balances', 'booking_links', 'booking_link_offers',
        'booking_link_hosts', 'series']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tenant_table);
        EXECUTE format(
            'CREATE POLICY one_organization ON %I TO infra24_app '
            'USING (org_id = current_setting(''app.org_id'')::uuid) '
            'WITH CHECK (org_id = current_setting(''app.org_id'')::uuid)', tenant_table);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO infra24_app', tenant_table);
    END LOOP;
END $$;

-- The organization of a booking link, for addresses that name only the link: none when several have it.
CREATE FUNCTION organization_of_link(wanted text) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
    AS 'SELECT (array_agg(org_id))[1] FROM booking_links WHERE slug = wanted AND is_active HAVING count(*) = 1';
REVOKE ALL ON FUNCTION organization_of_link(text) FROM public;
GRANT EXECUTE ON FUNCTION organization_of_link(text) TO infra24_app;
CREATE INDEX booking_links_by_slug ON booking_links (slug);
