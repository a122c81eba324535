-- The audit: what changed, who did it, before and after. A trigger writes it at COMMIT, whoever changes a row;
-- the application's role can read it and nothing else. Each entry's hash covers the one before it.
--
-- An entry says which rows changed. What that meant is the event of the same transaction (transaction_id).

CREATE TABLE audit_entries (
    org_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    seq bigint NOT NULL,
    at timestamptz NOT NULL,
    transaction_id uuid NOT NULL,
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
SELECT make_tenant_table('audit_entries');
REVOKE INSERT, UPDATE, DELETE ON audit_entries FROM infra24_app;

CREATE FUNCTION audit_content(label text, before jsonb, after jsonb) RETURNS bytea
    LANGUAGE sql IMMUTABLE SET search_path = public, pg_temp
    AS $$SELECT sha256(convert_to(jsonb_build_array(label, before, after)::text, 'UTF8'))$$;

CREATE FUNCTION audit_link(previous bytea, content_hash bytea, org_id uuid, seq bigint, at timestamptz,
        transaction_id uuid, actor jsonb, action text, subject text, subject_id text) RETURNS bytea
    LANGUAGE sql IMMUTABLE SET search_path = public, pg_temp
    AS $$SELECT sha256(previous || content_hash || convert_to(jsonb_build_array(org_id, seq,
        extract(epoch FROM at), transaction_id, actor, action, subject, subject_id)::text, 'UTF8'))$$;

CREATE FUNCTION audit_write(org uuid, action text, subject text, subject_id text, label text,
        before jsonb, after jsonb) RETURNS void
    LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    previous_seq bigint;
    previous_hash bytea;
    written_at timestamptz;
    actor jsonb := coalesce(nullif(current_setting('app.actor', true), ''), '{"kind": "system"}');
    content bytea := audit_content(label, before, after);
BEGIN
    -- One writer at a time, from here to the end of a COMMIT that has begun. (A row that holds the head would
    -- be updated as often as there are entries in a transaction, and each update walks past the former ones.)
    PERFORM pg_advisory_xact_lock(hashtextextended('audit ' || org, 0));
    SELECT a.seq, a.hash INTO previous_seq, previous_hash
        FROM audit_entries a WHERE a.org_id = org ORDER BY a.seq DESC LIMIT 1;
    previous_seq := coalesce(previous_seq, 0);
    written_at := clock_timestamp();
    INSERT INTO audit_entries VALUES (org, previous_seq + 1, written_at, transaction_id(), actor, action, subject,
        subject_id, label, before, after, content, audit_link(coalesce(previous_hash, ''), content, org,
            previous_seq + 1, written_at, transaction_id(), actor, action, subject, subject_id));
END $$;
REVOKE EXECUTE ON FUNCTION audit_write(uuid, text, text, text, text, jsonb, jsonb) FROM public;

-- Arguments: the subject's word, the column of its label, the columns that identify it, those left out; then, of
-- rows that are part of a subject, what their columns are called there; then what an entry takes the change for.
--
-- A part that comes with its subject has no entry: who hosts a new booking and what it takes is in its event. It has
-- entries once its subject has one of an earlier transaction, under the subject's label, until the subject is removed.
CREATE FUNCTION audit_row() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    word CONSTANT text := TG_ARGV[0];
    hidden CONSTANT text[] := TG_ARGV[3]::text[] || ARRAY['org_id', 'updated_at', 'version', 'revision'];
    part CONSTANT text := coalesce(TG_ARGV[4], '');
    op CONSTANT text := coalesce(TG_ARGV[5], TG_OP);
    was CONSTANT jsonb := CASE WHEN op <> 'INSERT' THEN to_jsonb(OLD) END;
    is_now CONSTANT jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
    whole CONSTANT jsonb := coalesce(is_now, was);
    org CONSTANT uuid := coalesce(whole ->> 'org_id', whole ->> 'id')::uuid;
    id text;
    label text := coalesce(whole ->> TG_ARGV[1], '');
    newest text;
    before jsonb := was - hidden;
    after jsonb := is_now - hidden;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM organizations o WHERE o.id = org) THEN
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
    SELECT string_agg(whole ->> k.name, ' ' ORDER BY k.n) INTO id
        FROM unnest(TG_ARGV[2]::text[]) WITH ORDINALITY AS k (name, n);
    IF part <> '' THEN
        SELECT a.label, a.action INTO label, newest FROM audit_entries a
            WHERE a.org_id = org AND a.subject = word AND a.subject_id = id ORDER BY a.seq DESC LIMIT 1;
        IF newest IS NULL OR newest = 'removed' OR NOT EXISTS (SELECT 1 FROM audit_entries a
                WHERE a.org_id = org AND a.subject = word AND a.subject_id = id
                AND a.transaction_id <> transaction_id()) THEN
            RETURN NULL;
        END IF;
        SELECT jsonb_object_agg(part || '_' || b.key, b.value) INTO before FROM jsonb_each(before) b;
        SELECT jsonb_object_agg(part || '_' || a.key, a.value) INTO after FROM jsonb_each(after) a;
    END IF;
    PERFORM audit_write(org,
        CASE WHEN op = 'UPDATE' OR part <> '' THEN 'changed' WHEN op = 'INSERT' THEN 'created' ELSE 'removed' END,
        word, id, label, before, after);
    RETURN NULL;
END $$;

CREATE FUNCTION audit_table(audited regclass, subject text, label text, keys text[], hidden text[] DEFAULT '{}')
    RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    EXECUTE format('CREATE CONSTRAINT TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON %s '
        'DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_row(%L, %L, %L, %L)',
        audited, subject, label, keys, hidden);
END $$;
COMMENT ON FUNCTION audit_table IS
    'Writes an entry for each row that is added, changed or removed: what it is called, by which column, its key, what is left out.';

SELECT audit_table('organizations', 'organization', 'name', '{id}', '{logo,created_at}');
SELECT audit_table('locations', 'location', 'name', '{id}');
SELECT audit_table('holidays', 'holiday', 'name', '{held_on}');
SELECT audit_table('holiday_calendars', 'holiday calendar', 'country', '{country,subdivision}');
