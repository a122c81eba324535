-- Events: what happened, in the order of commits, and how far each subscriber is.

CREATE TABLE event_heads (
    org_id uuid PRIMARY KEY REFERENCES organizations (id) ON DELETE CASCADE,
    seq bigint NOT NULL DEFAULT 0,
    due_at timestamptz
);
CREATE INDEX event_heads_due ON event_heads (due_at) WHERE due_at IS NOT NULL;
COMMENT ON COLUMN event_heads.seq IS 'The place of the newest event.';
COMMENT ON COLUMN event_heads.due_at IS
    'From when on the worker must look; -infinity: there are new events, NULL: every subscriber has had all.';
SELECT make_tenant_table('event_heads');

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
    transaction_id uuid NOT NULL DEFAULT transaction_id(),
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, seq),
    UNIQUE (org_id, id)
);
CREATE INDEX events_by_transaction ON events (org_id, transaction_id);
COMMENT ON COLUMN events.transaction_id IS 'That of the entries in the audit which it explains.';
SELECT make_tenant_table('events');
REVOKE UPDATE, DELETE ON events FROM infra24_app;

CREATE TABLE event_subscribers (
    name text PRIMARY KEY,
    added_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE event_subscribers IS
    'Who has cursors. `migrate` adds a subscriber that is new, at the newest event of every organization.';
GRANT SELECT ON event_subscribers TO infra24_app;

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
SELECT make_tenant_table('event_cursors');

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
SELECT make_tenant_table('parked_events');

-- The organizations whose events a worker must deliver. It tells nothing else.
CREATE FUNCTION event_organizations_due(now timestamptz, most integer) RETURNS TABLE (org_id uuid)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS 'BEGIN RETURN QUERY SELECT h.org_id FROM event_heads h WHERE h.due_at <= now ORDER BY h.due_at LIMIT most; END';
REVOKE ALL ON FUNCTION event_organizations_due(timestamptz, integer) FROM public;
GRANT EXECUTE ON FUNCTION event_organizations_due(timestamptz, integer) TO infra24_app;
