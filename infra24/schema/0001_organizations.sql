-- Organizations, their places and holidays, and the two functions that every feature makes its tables with.
--
-- Every tenant table begins its keys with org_id, so that no row can refer to another organization's and
-- the tables can be distributed on it. Row-level security compares org_id with app.org_id, which
-- transaction(org_id) sets; when it is unset the comparison is an error, not an empty answer.

CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE FUNCTION make_tenant_table(tenant_table regclass) RETURNS void
    LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format(
        'CREATE POLICY one_organization ON %s TO infra24_app '
        'USING (org_id = current_setting(''app.org_id'')::uuid) '
        'WITH CHECK (org_id = current_setting(''app.org_id'')::uuid)', tenant_table);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO infra24_app', tenant_table);
END $$;
COMMENT ON FUNCTION make_tenant_table IS
    'Lets the application read and write the rows of one organization at a time, and of no other.';

CREATE FUNCTION transaction_id() RETURNS uuid
    LANGUAGE sql STABLE SET search_path = public, pg_temp
    AS $$SELECT (lpad(to_hex((extract(epoch FROM now()) * 1000000)::bigint), 16, '0')
        || lpad(to_hex(pg_current_xact_id()::text::bigint), 16, '0'))::uuid$$;
COMMENT ON FUNCTION transaction_id IS
    'The same for all that one transaction writes, and for no other: when it began, and its number.';

CREATE TABLE organizations (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    name text NOT NULL CHECK (name <> ''),
    time_zone text NOT NULL,
    locale text NOT NULL DEFAULT 'en_US',
    currency text NOT NULL DEFAULT 'USD' CHECK (currency ~ '^[A-Z]{3}$'),
    theme jsonb NOT NULL DEFAULT '{}',
    settings jsonb NOT NULL DEFAULT '{}',
    logo bytea,
    logo_type text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE organizations IS 'Tenants. Readable by all; the application changes what its own says of itself.';
ALTER TABLE organizations ENABLE ROW LEVEL SECURITY;
CREATE POLICY directory ON organizations FOR SELECT TO infra24_app, infra24_sweep, infra24_accounts USING (true);
CREATE POLICY own ON organizations FOR UPDATE TO infra24_app
    USING (id = current_setting('app.org_id')::uuid) WITH CHECK (id = current_setting('app.org_id')::uuid);
GRANT SELECT ON organizations TO infra24_app, infra24_sweep, infra24_accounts;
GRANT UPDATE (name, time_zone, locale, theme, settings, logo, logo_type) ON organizations TO infra24_app;

CREATE TABLE locations (
    org_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    name text NOT NULL CHECK (name <> ''),
    address text NOT NULL DEFAULT '',
    is_active boolean NOT NULL DEFAULT true,
    PRIMARY KEY (org_id, id),
    UNIQUE (org_id, name)
);
SELECT make_tenant_table('locations');

CREATE TABLE holiday_calendars (
    org_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    country text NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    subdivision text NOT NULL DEFAULT '',
    PRIMARY KEY (org_id, country, subdivision)
);
SELECT make_tenant_table('holiday_calendars');

CREATE TABLE holidays (
    org_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    held_on date NOT NULL,
    name text NOT NULL CHECK (name <> ''),
    is_closed boolean NOT NULL DEFAULT true,
    PRIMARY KEY (org_id, held_on)
);
COMMENT ON COLUMN holidays.is_closed IS 'False: open although a country''s calendar has a holiday.';
SELECT make_tenant_table('holidays');
