-- Webhooks: addresses of other systems that hear of events, and what came of each delivery.

CREATE TABLE webhook_endpoints (
    org_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    url text NOT NULL CHECK (url ~ '^https?://' AND length(url) <= 2000),
    description text NOT NULL DEFAULT '' CHECK (length(description) <= 200),
    event_types text[] NOT NULL DEFAULT '{}',
    payload text NOT NULL DEFAULT 'full' CHECK (payload IN ('full', 'thin')),
    disabled_at timestamptz,
    disabled_reason text NOT NULL DEFAULT '' CHECK (disabled_reason IN ('', 'paused', 'gone', 'failing')),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, id) REFERENCES org_connections (org_id, id) ON DELETE CASCADE,
    CHECK ((disabled_at IS NULL) = (disabled_reason = ''))
);
COMMENT ON TABLE webhook_endpoints IS
    'Where events are sent. The secret that signs them is that of the connection with the same id.';
COMMENT ON COLUMN webhook_endpoints.event_types IS
    'Names of types with their versions, such as booking.created@1; none: every type.';
COMMENT ON COLUMN webhook_endpoints.payload IS 'full: the facts, and the booking; thin: ids only, to be read through the API.';
SELECT make_tenant_table('webhook_endpoints');
SELECT audit_table('webhook_endpoints', 'webhook', 'url', '{id}', '{created_at,updated_at}');

CREATE TABLE webhook_queues (
    org_id uuid NOT NULL,
    endpoint_id uuid NOT NULL,
    due_at timestamptz,
    newest_seq bigint NOT NULL DEFAULT 0,
    failures integer NOT NULL DEFAULT 0,
    failing_since timestamptz,
    paused_until timestamptz,
    PRIMARY KEY (org_id, endpoint_id),
    FOREIGN KEY (org_id, endpoint_id) REFERENCES webhook_endpoints (org_id, id) ON DELETE CASCADE
);
CREATE INDEX webhook_queues_due ON webhook_queues (due_at) WHERE due_at IS NOT NULL;
COMMENT ON TABLE webhook_queues IS
    'The state of each endpoint''s deliveries. Whoever adds or finishes deliveries locks its row first.';
COMMENT ON COLUMN webhook_queues.due_at IS 'When a worker looks at the endpoint next; NULL: it has nothing to send.';
COMMENT ON COLUMN webhook_queues.newest_seq IS 'The event that was queued last.';
COMMENT ON COLUMN webhook_queues.failures IS 'Attempts that failed since the last that succeeded.';
COMMENT ON COLUMN webhook_queues.paused_until IS 'Nothing is sent before: the endpoint failed several times in a row.';
SELECT make_tenant_table('webhook_queues');

CREATE TABLE webhook_deliveries (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    endpoint_id uuid NOT NULL,
    message_id text NOT NULL CHECK (message_id ~ '^msg_[0-9a-f]{32}$'),
    seq bigint,
    event_type text NOT NULL,
    subject_id uuid NOT NULL,
    body text,
    state text NOT NULL CHECK (state IN ('waiting', 'queued', 'sending', 'delivered', 'failed')),
    reason text NOT NULL DEFAULT '' CHECK (length(reason) <= 100),
    attempts smallint NOT NULL DEFAULT 0,
    due_at timestamptz,
    queued_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    done_at timestamptz,
    PRIMARY KEY (org_id, id),
    UNIQUE (org_id, endpoint_id, message_id),
    FOREIGN KEY (org_id, endpoint_id) REFERENCES webhook_endpoints (org_id, id) ON DELETE CASCADE,
    CHECK ((due_at IS NOT NULL) = (state IN ('queued', 'sending'))),
    CHECK ((done_at IS NOT NULL) = (state IN ('delivered', 'failed')))
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (org_id, endpoint_id, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX webhook_deliveries_open ON webhook_deliveries (org_id, endpoint_id, subject_id, seq) WHERE done_at IS NULL;
CREATE INDEX webhook_deliveries_failed ON webhook_deliveries (org_id, endpoint_id, created_at) WHERE state = 'failed';
CREATE INDEX webhook_deliveries_by_time ON webhook_deliveries (org_id, endpoint_id, created_at DESC);
CREATE INDEX webhook_deliveries_done ON webhook_deliveries (org_id, done_at) WHERE done_at IS NOT NULL;
COMMENT ON COLUMN webhook_deliveries.seq IS 'The event that it tells of; NULL: a test.';
COMMENT ON COLUMN webhook_deliveries.body IS
    'What is sent, from the first attempt on; without the links of a booking''s holder, which are added when it is sent.';
COMMENT ON COLUMN webhook_deliveries.state IS
    'waiting: an earlier one about the same subject is not done. Each subject''s are sent in order.';
COMMENT ON COLUMN webhook_deliveries.queued_at IS 'Since when it has been tried: when it happened, or was last replayed.';
SELECT make_tenant_table('webhook_deliveries');

CREATE TABLE webhook_attempts (
    org_id uuid NOT NULL,
    delivery_id uuid NOT NULL,
    id uuid NOT NULL,
    attempted_at timestamptz NOT NULL,
    status smallint,
    error text NOT NULL DEFAULT '' CHECK (length(error) <= 100),
    answer text NOT NULL DEFAULT '' CHECK (length(answer) <= 4000),
    duration_ms integer NOT NULL,
    PRIMARY KEY (org_id, delivery_id, id),
    FOREIGN KEY (org_id, delivery_id) REFERENCES webhook_deliveries (org_id, id) ON DELETE CASCADE
);
COMMENT ON COLUMN webhook_attempts.answer IS 'The beginning of what the endpoint answered.';
SELECT make_tenant_table('webhook_attempts');

-- The endpoints that a worker must look at, the longest overdue first. It tells nothing else.
CREATE FUNCTION webhook_queues_due(now timestamptz, most integer) RETURNS TABLE (org_id uuid, endpoint_id uuid)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS 'BEGIN RETURN QUERY SELECT q.org_id, q.endpoint_id FROM webhook_queues q WHERE q.due_at <= now ORDER BY q.due_at LIMIT most; END';
REVOKE ALL ON FUNCTION webhook_queues_due(timestamptz, integer) FROM public;
GRANT EXECUTE ON FUNCTION webhook_queues_due(timestamptz, integer) TO infra24_app;

-- Old deliveries are deleted everywhere.
CREATE POLICY sweep ON webhook_deliveries FOR SELECT TO infra24_sweep USING (true);
GRANT SELECT (org_id, done_at) ON webhook_deliveries TO infra24_sweep;

-- The events of a time are replayed.
CREATE INDEX events_by_time ON events (org_id, recorded_at);

-- What failed for good is listed.
CREATE INDEX notifications_failed ON notifications (org_id, done_at DESC) WHERE state = 'failed';

-- Old messages are deleted everywhere.
CREATE INDEX notifications_done ON notifications (org_id, done_at) WHERE done_at IS NOT NULL;
GRANT SELECT (done_at) ON notifications TO infra24_sweep;
