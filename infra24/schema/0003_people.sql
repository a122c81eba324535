-- People at work: accounts, sessions, memberships, keys with scopes, and the audit.
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
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
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

ALTER TABLE organization_keys
    ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid(),
    ADD COLUMN scopes text[] NOT NULL DEFAULT '{*}',
    ADD COLUMN made_by text NOT NULL DEFAULT 'command line',
    ADD COLUMN last_used_at timestamptz,
    ADD COLUMN revoked_at timestamptz,
    ADD UNIQUE (org_id, id);
COMMENT ON COLUMN organization_keys.scopes IS 'What it may do; {*}: everything, as keys of the command line.';

ALTER TABLE organizations ADD COLUMN logo bytea, ADD COLUMN logo_type text NOT NULL DEFAULT '';
CREATE POLICY own ON organizations FOR UPDATE TO infra24_app
    USING (id = current_setting('app.org_id')::uuid) WITH CHECK (id = current_setting('app.org_id')::uuid);
GRANT UPDATE (name, time_zone, locale, theme, settings, logo, logo_type) ON organizations TO infra24_app;

ALTER TABLE locations ADD COLUMN is_active boolean NOT NULL DEFAULT true;

-- What staff and members look at: newest first, one's own, what waits.
CREATE INDEX bookings_waiting ON bookings (org_id, starts_at, id) WHERE status = 'pending';
CREATE INDEX participants_by_resource ON participants (org_id, resource_id, booking_id)
    WHERE resource_id IS NOT NULL;
ALTER TABLE bookings ADD COLUMN lapses_at timestamptz,
    ADD COLUMN notes text NOT NULL DEFAULT '';
UPDATE bookings SET lapses_at = least(starts_at, now() + interval '72 hours') WHERE status = 'pending';
CREATE INDEX bookings_lapsing ON bookings (lapses_at) WHERE status = 'pending' AND lapses_at IS NOT NULL;
COMMENT ON COLUMN bookings.lapses_at IS 'When a pending one that nobody decided ends by itself.';
COMMENT ON COLUMN bookings.notes IS 'Of the staff, for the staff.';
GRANT SELECT (lapses_at) ON bookings TO infra24_sweep;

-- The audit: what changed, who did it, before and after. Triggers write it at COMMIT, whoever changes a
-- row; the application's role can read it and nothing else. Each entry's hash covers the one before it.
CREATE TABLE audit_entries (
    org_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    seq bigint NOT NULL,
    at timestamptz NOT NULL,
    actor jsonb NOT NULL,
    action text NOT NULL CHECK (action IN ('created', 'changed', 'removed')),
    subject text NOT NULL,
    subject_id text NOT NULL,
    label text NOT NULL,
    before jsonb,
    after jsonb,
    content_hash bytea NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (org_id, seq)
);
CREATE INDEX audit_by_subject ON audit_entries (org_id, subject, subject_id, seq);
COMMENT ON COLUMN audit_entries.content_hash IS
    'Of label, before and after. The chain covers this hash, so that a person''s data can be erased and the chain still holds.';

CREATE FUNCTION audit_content(label text, before jsonb, after jsonb) RETURNS bytea
    LANGUAGE sql IMMUTABLE SET search_path = public, pg_temp
    AS $$SELECT sha256(convert_to(jsonb_build_array(label, before, after)::text, 'UTF8'))$$;

CREATE FUNCTION audit_link(previous bytea, e audit_entries) RETURNS bytea
    LANGUAGE sql IMMUTABLE SET search_path = public, pg_temp
    AS $$SELECT sha256(previous || e.content_hash || convert_to(jsonb_build_array(e.org_id, e.seq,
        extract(epoch FROM e.at), e.actor, e.action, e.subject, e.subject_id)::text, 'UTF8'))$$;

CREATE FUNCTION audit_write(org uuid, action text, subject text, subject_id text, label text,
        before jsonb, after jsonb) RETURNS void
    LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    e audit_entries;
    previous bytea;
BEGIN
    -- One writer at a time, from here to the end of a COMMIT that has begun. (A row that holds the head would
    -- be updated as often as there are entries in a transaction, and each update walks past the former ones.)
    PERFORM pg_advisory_xact_lock(hashtextextended('audit ' || org, 0));
    SELECT a.seq, a.hash INTO e.seq, previous FROM audit_entries a WHERE a.org_id = org ORDER BY a.seq DESC LIMIT 1;
    e.seq := coalesce(e.seq, 0) + 1;
    previous := coalesce(previous, '');
    e.org_id := org;
    e.at := clock_timestamp();
    e.actor := coalesce(nullif(current_setting('app.actor', true), ''), '{"kind": "system"}')::jsonb;
    e.action := action;
    e.subject := subject;
    e.subject_id := subject_id;
    e.label := label;
    e.before := before;
    e.after := after;
    e.content_hash := audit_content(label, before, after);
    e.hash := audit_link(previous, e);
    INSERT INTO audit_entries VALUES (e.*);
END $$;

-- Arguments: the subject's word, the column of its label, the columns that identify it, those left out.
CREATE FUNCTION audit_row() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    hidden text[] := TG_ARGV[3]::text[] || ARRAY['org_id', 'updated_at', 'version', 'revision'];
    op text := CASE TG_NAME WHEN 'audit_confirmed' THEN 'INSERT' ELSE TG_OP END;  -- a hold was nobody's yet
    was jsonb := CASE WHEN op <> 'INSERT' THEN to_jsonb(OLD) END;
    is_now jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
    whole jsonb := coalesce(is_now, was);
    org uuid := coalesce(whole ->> 'org_id', whole ->> 'id')::uuid;
    before jsonb := was - hidden;
    after jsonb := is_now - hidden;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM organizations WHERE id = org) THEN
        RETURN NULL;  -- it went with its organization
    END IF;
    IF op = 'UPDATE' THEN
        SELECT jsonb_object_agg(o.key, o.value), jsonb_object_agg(o.key, n.value) INTO before, after
        FROM jsonb_each(was - hidden) o JOIN jsonb_each(is_now - hidden) n USING (key)
        WHERE o.value IS DISTINCT FROM n.value;
        IF before IS NULL THEN
            RETURN NULL;
        END IF;
    END IF;
    IF TG_TABLE_NAME = 'bookings' AND op = 'INSERT' THEN
        after := after || jsonb_build_object('hosts', (SELECT coalesce(jsonb_agg(p.name ORDER BY p.name), '[]')
            FROM participants p WHERE p.org_id = org AND p.booking_id = NEW.id AND p.role = 'host'));
    END IF;
    PERFORM audit_write(org,
        CASE op WHEN 'INSERT' THEN 'created' WHEN 'UPDATE' THEN 'changed' ELSE 'removed' END,
        TG_ARGV[0],
        (SELECT string_agg(whole ->> k.name, ' ' ORDER BY k.n)
            FROM unnest(TG_ARGV[2]::text[]) WITH ORDINALITY AS k (name, n)),
        coalesce(whole ->> TG_ARGV[1], ''), before, after);
    RETURN NULL;
END $$;

-- Hosts come and go with their booking's seating. Who is taken off and put back has not changed: the first of the
-- two triggers leaves a mark for the second, in the same COMMIT, where the application's role cannot write.
CREATE TABLE audit_kept (mark text PRIMARY KEY);
REVOKE ALL ON audit_kept FROM public;
CREATE FUNCTION audit_host() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    p participants := coalesce(NEW, OLD);
    its_mark text := concat_ws(' ', pg_current_xact_id(), p.org_id, p.booking_id, p.email);
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (SELECT 1 FROM participants x WHERE (x.org_id, x.booking_id, x.role, x.email)
            = (p.org_id, p.booking_id, p.role, p.email)) THEN
        INSERT INTO audit_kept VALUES (its_mark) ON CONFLICT DO NOTHING;
        RETURN NULL;
    END IF;
    IF TG_OP = 'INSERT' THEN
        DELETE FROM audit_kept WHERE mark = its_mark;
        IF FOUND THEN
            RETURN NULL;
        END IF;
    END IF;
    -- with the booking itself: its own entry names the hosts
    IF TG_OP = 'UPDATE' OR EXISTS (SELECT 1 FROM bookings b WHERE b.org_id = p.org_id AND b.id = p.booking_id
            AND b.revision > 0 AND b.status <> 'hold') THEN
        PERFORM audit_write(p.org_id, 'changed', 'booking', p.booking_id::text, p.name,
            CASE WHEN TG_OP <> 'INSERT' THEN jsonb_build_object('host', OLD.name, 'host_email', OLD.email) END,
            CASE WHEN TG_OP <> 'DELETE' THEN jsonb_build_object('host', NEW.name, 'host_email', NEW.email) END);
    END IF;
    RETURN NULL;
END $$;

-- Rooms and things come and go with the seating too: who leaves one for good is written down with what it has now.
CREATE FUNCTION audit_claim() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    b bookings;
    former resources;
BEGIN
    SELECT * INTO former FROM resources r WHERE r.org_id = OLD.org_id AND r.id = OLD.resource_id;
    SELECT * INTO b FROM bookings x WHERE x.org_id = OLD.org_id AND x.id = OLD.booking_id;
    IF former.type = 'person' OR b.status NOT IN ('pending', 'confirmed', 'completed') OR EXISTS (
            SELECT 1 FROM claims c WHERE (c.org_id, c.booking_id, c.resource_id)
                = (OLD.org_id, OLD.booking_id, OLD.resource_id)) THEN
        RETURN NULL;
    END IF;
    PERFORM audit_write(OLD.org_id, 'changed', 'booking', OLD.booking_id::text, b.booker_name,
        jsonb_build_object('uses', former.title),
        jsonb_build_object('uses', (SELECT string_agg(DISTINCT r.title, ', ' ORDER BY r.title)
            FROM claims c JOIN resources r ON (r.org_id, r.id) = (c.org_id, c.resource_id)
            WHERE c.org_id = OLD.org_id AND c.booking_id = OLD.booking_id AND r.type <> 'person')));
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER audit_new AFTER INSERT ON bookings DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.status <> 'hold') EXECUTE FUNCTION audit_row('booking', 'booker_name', '{id}', '{token_hash,policy,choice}');
CREATE CONSTRAINT TRIGGER audit AFTER UPDATE OR DELETE ON bookings DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.status <> 'hold') EXECUTE FUNCTION audit_row('booking', 'booker_name', '{id}', '{token_hash,policy,choice}');
CREATE CONSTRAINT TRIGGER audit_confirmed AFTER UPDATE ON bookings DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.status = 'hold' AND NEW.status IN ('pending', 'confirmed'))
    EXECUTE FUNCTION audit_row('booking', 'booker_name', '{id}', '{token_hash,policy,choice}');
CREATE CONSTRAINT TRIGGER audit_new AFTER INSERT ON participants DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.role = 'host') EXECUTE FUNCTION audit_host();
CREATE CONSTRAINT TRIGGER audit AFTER DELETE ON participants DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.role = 'host') EXECUTE FUNCTION audit_host();
CREATE CONSTRAINT TRIGGER audit AFTER DELETE ON claims DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NOT OLD.turnover AND OLD.expires_at IS NULL) EXECUTE FUNCTION audit_claim();
CREATE CONSTRAINT TRIGGER audit_changed AFTER UPDATE ON participants DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN ((OLD.role = 'host' OR NEW.role = 'host') AND OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION audit_host();

DO $$
DECLARE
    t record;
BEGIN
    FOR t IN SELECT * FROM (VALUES
        ('resources', 'resource', 'title', '{id}', '{created_at,longest_claim}'),
        ('appointment_types', 'appointment type', 'id', '{id}', '{}'),
        ('resource_parts', 'link of spaces', 'whole_id', '{whole_id,part_id}', '{}'),
        ('locations', 'location', 'name', '{id}', '{}'),
        ('booking_links', 'booking link', 'title', '{id}', '{uses,created_at}'),
        ('booking_link_offers', 'offer of a link', 'link_id', '{link_id,offer_id}', '{}'),
        ('booking_link_hosts', 'host of a link', 'link_id', '{link_id,host_id}', '{}'),
        ('series', 'series', 'rule', '{id}', '{created_at}'),
        ('holidays', 'holiday', 'name', '{held_on}', '{}'),
        ('holiday_calendars', 'holiday calendar', 'country', '{country,subdivision}', '{}'),
        ('memberships', 'membership', 'name', '{user_id}', '{seen_at,user_id,feed}'),
        ('invitations', 'invitation', 'email', '{id}', '{created_at}'),
        ('deletion_requests', 'deletion request', 'name', '{id}', '{}'),
        ('organization_keys', 'key', 'label', '{id}', '{key_hash,last_used_at}'),
        ('organizations', 'organization', 'name', '{id}', '{logo,created_at}')
    ) AS audited (name, subject, label, keys, hidden)
    LOOP
        EXECUTE format('CREATE CONSTRAINT TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON %I '
            'DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_row(%L, %L, %L, %L)',
            t.name, t.subject, t.label, t.keys, t.hidden);
    END LOOP;
END $$;

DO $$
DECLARE
    tenant_table text;
BEGIN
    FOREACH tenant_table IN ARRAY ARRAY['memberships', 'invitations', 'deletion_requests', 'audit_entries']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tenant_table);
        EXECUTE format(
            'CREATE POLICY one_organization ON %I TO infra24_app '
            'USING (org_id = current_setting(''app.org_id'')::uuid) '
            'WITH CHECK (org_id = current_setting(''app.org_id'')::uuid)', tenant_table);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO infra24_app', tenant_table);
    END LOOP;
END $$;
REVOKE INSERT, UPDATE, DELETE ON audit_entries FROM infra24_app;
REVOKE EXECUTE ON FUNCTION audit_write(uuid, text, text, text, text, jsonb, jsonb) FROM public;
GRANT INSERT, UPDATE (revoked_at) ON organization_keys TO infra24_app;

-- A function that acts as the owner looks into pg_temp last, and nobody makes temporary tables here: else whoever
-- can run SQL in the application's role could put a table of theirs in place of ours.
ALTER FUNCTION organization_of_resource(uuid) SET search_path = public, pg_temp;
ALTER FUNCTION organization_of_link(text) SET search_path = public, pg_temp;
DO $$
BEGIN
    EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
END $$;

-- Accounts: one role of its own, which sees no bookings. It queues letters.
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
GRANT SELECT ON organizations, memberships, invitations, organization_keys TO infra24_accounts;
GRANT UPDATE (name, email, seen_at) ON memberships TO infra24_accounts;
GRANT UPDATE (last_used_at) ON organization_keys TO infra24_accounts;
CREATE POLICY directory_of_accounts ON organizations FOR SELECT TO infra24_accounts USING (true);
CREATE POLICY accounts ON memberships TO infra24_accounts USING (true) WITH CHECK (true);
CREATE POLICY accounts ON invitations FOR SELECT TO infra24_accounts USING (true);
CREATE POLICY accounts ON organization_keys TO infra24_accounts USING (true) WITH CHECK (true);
CREATE INDEX announcements_by_booking ON announcements (org_id, booking_id) WHERE booking_id IS NOT NULL;

-- What bounds the reading of claims covers every claim that stands, and every turnover that could.
UPDATE resources r SET longest_claim = greatest(r.longest_claim,
    (SELECT max(c.ends_at - c.starts_at) FROM claims c WHERE (c.org_id, c.resource_id) = (r.org_id, r.id)),
    (SELECT make_interval(mins => coalesce(max((l.value ->> 'setup')::int), 0)
        + coalesce(max((l.value ->> 'teardown')::int), 0)) FROM jsonb_each(r.layouts) AS l));
