-- Booking links: addresses that offer some things with some hosts, for a while, so many times.

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
CREATE INDEX booking_links_by_slug ON booking_links (slug);
COMMENT ON COLUMN booking_links.sites IS 'The sites that may show the link in a frame.';
SELECT make_tenant_table('booking_links');
SELECT audit_table('booking_links', 'booking link', 'title', '{id}', '{uses,created_at}');

CREATE TABLE booking_link_offers (
    org_id uuid NOT NULL,
    link_id uuid NOT NULL,
    offer_id uuid NOT NULL,
    position smallint NOT NULL,
    PRIMARY KEY (org_id, link_id, offer_id),
    FOREIGN KEY (org_id, link_id) REFERENCES booking_links (org_id, id) ON DELETE CASCADE,
    FOREIGN KEY (org_id, offer_id) REFERENCES resources (org_id, id) ON DELETE CASCADE
);
SELECT make_tenant_table('booking_link_offers');
SELECT audit_table('booking_link_offers', 'offer of a link', 'link_id', '{link_id,offer_id}');

CREATE TABLE booking_link_hosts (
    org_id uuid NOT NULL,
    link_id uuid NOT NULL,
    host_id uuid NOT NULL,
    position smallint NOT NULL,
    PRIMARY KEY (org_id, link_id, host_id),
    FOREIGN KEY (org_id, link_id) REFERENCES booking_links (org_id, id) ON DELETE CASCADE,
    FOREIGN KEY (org_id, host_id) REFERENCES resources (org_id, id) ON DELETE CASCADE
);
SELECT make_tenant_table('booking_link_hosts');
SELECT audit_table('booking_link_hosts', 'host of a link', 'link_id', '{link_id,host_id}');

-- The organization of a booking link, for addresses that name only the link: none when several have it.
CREATE FUNCTION organization_of_link(wanted text) RETURNS uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$BEGIN RETURN (SELECT (array_agg(l.org_id))[1] FROM booking_links l
        WHERE l.slug = wanted AND l.is_active HAVING count(*) = 1); END$$;
REVOKE ALL ON FUNCTION organization_of_link(text) FROM public;
GRANT EXECUTE ON FUNCTION organization_of_link(text) TO infra24_app;
