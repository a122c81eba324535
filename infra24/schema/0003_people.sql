-- People: accounts, sessions, memberships, keys with scopes.
--
-- An account belongs to a person, not to an organization: users, sessions and what proves who someone is
-- have no org_id. Only the role infra24_accounts touches them; the application's role cannot even read
-- them. What an organization knows of a person is their membership, a tenant table like all others.

CREATE TABLE users (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email text NOT NULL UNIQUE CHECK (email = lower(email) AND email <> ''),
    name text NOT NULL CHECK (name <> ''),
    password_hash text,
    locale text NOT NULL DEFAULT '',
    time_zone text NOT NULL DEFAULT '',
    totp_secret bytea,
    totp_step bigint NOT NULL DEFAULT 0,
    failures integer NOT NULL DEFAULT 0,
    locked_until timestamptz,
    created_at timestamptz NOT NULL
);
COMMENT ON COLUMN users.password_hash IS 'Argon2id; NULL: signs in by link, passkey or provider only.';
COMMENT ON COLUMN users.totp_secret IS 'Sealed under the installation''s secret.';
COMMENT ON COLUMN users.totp_step IS 'The last step whose code was used: no code opens twice.';

CREATE TABLE sessions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_hash bytea NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    method text NOT NULL,
    has_factor boolean NOT NULL,
    address text NOT NULL,
    device text NOT NULL,
    created_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    proved_at timestamptz NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id, seen_at DESC);
COMMENT ON COLUMN sessions.has_factor IS 'Whether a second factor was shown.';
COMMENT ON COLUMN sessions.proved_at IS 'When they last proved who they are: what is grave asks again after a while.';

CREATE TABLE one_time_links (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    purpose text NOT NULL CHECK (purpose IN ('sign_in', 'email')),
    email text NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX one_time_links_by_user ON one_time_links (user_id);
COMMENT ON TABLE one_time_links IS
    'Links that open once. The secret in the link derives from the id and the installation''s secret.';

CREATE TABLE passkeys (
    credential_id bytea PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    public_key bytea NOT NULL,
    sign_count bigint NOT NULL,
    name text NOT NULL,
    created_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX passkeys_by_user ON passkeys (user_id);

CREATE TABLE recovery_codes (
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    code_hash bytea NOT NULL,
    used_at timestamptz,
    PRIMARY KEY (user_id, code_hash)
);

CREATE TABLE identities (
    issuer text NOT NULL,
    subject text NOT NULL,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX identities_by_user ON identities (user_id);
COMMENT ON TABLE identities IS 'As whom an OpenID Connect provider knows a person.';

CREATE TABLE attempts (
    what text NOT NULL,
    key_hash bytea NOT NULL,
    began_at timestamptz NOT NULL,
    count integer NOT NULL,
    PRIMARY KEY (what, key_hash)
);
COMMENT ON TABLE attempts IS 'How often something was tried from somewhere in the window that began then.';

CREATE TABLE memberships (
    org_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    user_id uuid NOT NULL,
    role text NOT NULL CHECK (role IN
        ('owner', 'admin', 'staff', 'host', 'instructor', 'resident_artist', 'member')),
    name text NOT NULL,
    email text NOT NULL,
    joined_at timestamptz NOT NULL,
    seen_at timestamptz,
    feed integer NOT NULL DEFAULT 1,
    PRIMARY KEY (org_id, user_id),
    UNIQUE (org_id, email)
);
CREATE INDEX memberships_by_user ON memberships (user_id);
COMMENT ON COLUMN memberships.feed IS 'The number of their private calendar feed; another number ends the former address.';
COMMENT ON COLUMN memberships.email IS 'The account''s, kept here too: an organization reads no accounts.';
SELECT make_tenant_table('memberships');
SELECT audit_table('memberships', 'membership', 'name', '{user_id}', '{seen_at,user_id,feed}');

-- No foreign key: a tenant's table refers to none that a tenant may not read.
CREATE FUNCTION end_memberships() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM memberships m WHERE m.user_id = OLD.id;
    RETURN NULL;
END $$;
CREATE TRIGGER end_memberships AFTER DELETE ON users FOR EACH ROW EXECUTE FUNCTION end_memberships();

CREATE TABLE invitations (
    org_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    email text NOT NULL CHECK (email = lower(email)),
    name text NOT NULL DEFAULT '',
    role text NOT NULL CHECK (role IN
        ('owner', 'admin', 'staff', 'host', 'instructor', 'resident_artist', 'member')),
    invited_by text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX invitations_open ON invitations (org_id, email) WHERE ended_at IS NULL;
COMMENT ON COLUMN invitations.ended_at IS 'When it was accepted or taken back.';
SELECT make_tenant_table('invitations');
SELECT audit_table('invitations', 'invitation', 'email', '{id}', '{created_at}');

CREATE TABLE deletion_requests (
    org_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    email text NOT NULL,
    name text NOT NULL,
    asked_at timestamptz NOT NULL,
    done_at timestamptz,
    PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX deletion_requests_open ON deletion_requests (org_id, email) WHERE done_at IS NULL;
SELECT make_tenant_table('deletion_requests');
SELECT audit_table('deletion_requests', 'deletion request', 'name', '{id}');

CREATE TABLE organization_keys (
    org_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    key_hash bytea NOT NULL CHECK (length(key_hash) = 32),
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    label text NOT NULL,
    scopes text[] NOT NULL DEFAULT '{*}',
    made_by text NOT NULL DEFAULT 'command line',
    created_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz,
    revoked_at timestamptz,
    PRIMARY KEY (org_id, key_hash),
    UNIQUE (org_id, id)
);
COMMENT ON COLUMN organization_keys.scopes IS 'What it may do; {*}: everything, as keys of the command line.';
SELECT make_tenant_table('organization_keys');
SELECT audit_table('organization_keys', 'key', 'label', '{id}', '{key_hash,last_used_at}');
REVOKE UPDATE, DELETE ON organization_keys FROM infra24_app;
GRANT UPDATE (revoked_at) ON organization_keys TO infra24_app;

-- Accounts: one role of its own, which sees no bookings. It queues e-mail.
DO $$
DECLARE
    queue_table text;
BEGIN
    FOR queue_table IN SELECT relname FROM pg_class WHERE relname LIKE 'procrastinate%' AND relkind = 'r' LOOP
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO infra24_accounts', queue_table);
    END LOOP;
END $$;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO infra24_accounts;
GRANT SELECT, INSERT, UPDATE, DELETE ON users, sessions, one_time_links, passkeys, recovery_codes,
    identities, attempts TO infra24_accounts;
GRANT SELECT ON memberships, invitations, organization_keys TO infra24_accounts;
GRANT UPDATE (name, email, seen_at) ON memberships TO infra24_accounts;
GRANT UPDATE (last_used_at) ON organization_keys TO infra24_accounts;
CREATE POLICY accounts ON memberships TO infra24_accounts USING (true) WITH CHECK (true);
CREATE POLICY accounts ON invitations FOR SELECT TO infra24_accounts USING (true);
CREATE POLICY accounts ON organization_keys TO infra24_accounts USING (true) WITH CHECK (true);
