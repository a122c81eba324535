-- What can be booked: resources, their hosts and parts, appointment types.

-- One number per organization that grows with every change of what is offered there: whoever remembers an
-- offer compares it, in the statement that reads the claims.
CREATE TABLE catalogues (
    org_id uuid PRIMARY KEY REFERENCES organizations (id) ON DELETE CASCADE,
    version bigint NOT NULL DEFAULT 1
);
SELECT make_tenant_table('catalogues');

CREATE TABLE resources (
    org_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    slug text NOT NULL CHECK (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    type text NOT NULL CHECK (type IN ('space', 'equipment', 'person', 'other')),
    title text NOT NULL CHECK (title <> ''),
    description text NOT NULL DEFAULT '',
    category text NOT NULL DEFAULT '',
    tags text[] NOT NULL DEFAULT '{}',
    email text CHECK (email = lower(email)),
    capacity integer CHECK (capacity BETWEEN 1 AND 1000),
    price bigint NOT NULL DEFAULT 0 CHECK (price >= 0),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    location_id uuid,
    meeting_url text NOT NULL DEFAULT '',
    requirements text[] NOT NULL DEFAULT '{}',
    metadata jsonb NOT NULL DEFAULT '{}',
    availability_rules jsonb NOT NULL DEFAULT '{}',
    layouts jsonb NOT NULL DEFAULT '{}',
    is_link boolean NOT NULL DEFAULT false,
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
CREATE INDEX resources_by_id ON resources (id);
COMMENT ON COLUMN resources.capacity IS 'How many bookings may hold it at once; NULL: never occupied itself.';
COMMENT ON COLUMN resources.price IS 'In minor units of the currency.';
COMMENT ON COLUMN resources.layouts IS 'Minutes of setup and teardown by the name of a layout.';
COMMENT ON COLUMN resources.is_link IS 'Stands for "not both of these": a part that two resources share.';
COMMENT ON COLUMN resources.longest_claim IS
    'No claim on it was ever longer: bounds the read of what overlaps a range. Grows with a longer claim.';
COMMENT ON COLUMN resources.version IS 'Grows with every change of the resource or of a host it names.';
SELECT make_tenant_table('resources');
SELECT audit_table('resources', 'resource', 'title', '{id}', '{created_at,longest_claim}');

CREATE TABLE resource_hosts (
    org_id uuid NOT NULL,
    resource_id uuid NOT NULL,
    host_id uuid NOT NULL,
    position smallint NOT NULL,
    PRIMARY KEY (org_id, resource_id, host_id),
    FOREIGN KEY (org_id, resource_id) REFERENCES resources (org_id, id) ON DELETE CASCADE,
    FOREIGN KEY (org_id, host_id) REFERENCES resources (org_id, id)
);
CREATE INDEX resource_hosts_by_host ON resource_hosts (org_id, host_id);
COMMENT ON TABLE resource_hosts IS 'The people that a resource''s windows open.';
SELECT make_tenant_table('resource_hosts');

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
SELECT make_tenant_table('resource_parts');
SELECT audit_table('resource_parts', 'link of spaces', 'whole_id', '{whole_id,part_id}');

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
SELECT make_tenant_table('appointment_types');
SELECT audit_table('appointment_types', 'appointment type', 'id', '{id}');

-- A resource's organization, for addresses that name only the resource. It tells nothing else.
CREATE FUNCTION organization_of_resource(wanted uuid) RETURNS uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$BEGIN RETURN (SELECT r.org_id FROM resources r WHERE r.id = wanted LIMIT 1); END$$;
REVOKE ALL ON FUNCTION organization_of_resource(uuid) FROM public;
GRANT EXECUTE ON FUNCTION organization_of_resource(uuid) TO infra24_app;
