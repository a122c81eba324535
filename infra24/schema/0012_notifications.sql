-- Notifications: who is told what, by which channel, and what came of it.

CREATE TABLE notifications (
    org_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    kind text NOT NULL CHECK (kind ~ '^[a-z][a-z0-9_]{0,59}$'),
    channel text NOT NULL CHECK (channel IN ('email', 'sms')),
    recipient text NOT NULL CHECK (recipient <> '' AND length(recipient) <= 320),
    booking_id uuid,
    facts jsonb NOT NULL DEFAULT '{}',
    dedupe_key text NOT NULL CHECK (length(dedupe_key) <= 500),
    state text NOT NULL DEFAULT 'queued'
        CHECK (state IN ('queued', 'sending', 'sent', 'delivered', 'failed', 'suppressed')),
    reason text NOT NULL DEFAULT '' CHECK (length(reason) <= 500),
    attempts smallint NOT NULL DEFAULT 0,
    planned_at timestamptz NOT NULL,
    due_at timestamptz,
    created_at timestamptz NOT NULL,
    done_at timestamptz,
    subject text NOT NULL DEFAULT '',
    PRIMARY KEY (org_id, id),
    UNIQUE (org_id, dedupe_key),
    FOREIGN KEY (org_id, booking_id) REFERENCES bookings (org_id, id) ON DELETE CASCADE,
    CHECK ((due_at IS NOT NULL) = (state IN ('queued', 'sending')))
);
CREATE INDEX notifications_due ON notifications (due_at, org_id) WHERE due_at IS NOT NULL;
CREATE INDEX notifications_due_here ON notifications (org_id, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX notifications_by_booking ON notifications (org_id, booking_id) WHERE booking_id IS NOT NULL;
CREATE INDEX notifications_by_time ON notifications (org_id, created_at DESC, id DESC);
COMMENT ON TABLE notifications IS
    'One message to one person by one channel. It keeps no text: it is composed when it is sent, or suppressed if it is no longer true.';
COMMENT ON COLUMN notifications.dedupe_key IS 'What makes it the same notification: a replayed event queues nothing twice.';
COMMENT ON COLUMN notifications.planned_at IS 'When it is meant to be sent: at once, or for a reminder its hours before the start.';
COMMENT ON COLUMN notifications.due_at IS
    'When a worker looks at it next; while it is being sent, when another takes over from a worker that died.';
COMMENT ON COLUMN notifications.facts IS 'What it must still be true of, such as the start that a reminder announces.';
SELECT make_tenant_table('notifications');

-- The organizations whose notifications are due, the longest overdue first. It tells nothing else.
CREATE FUNCTION notification_organizations_due(now timestamptz, most integer) RETURNS TABLE (org_id uuid)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS 'BEGIN RETURN QUERY SELECT d.org_id FROM (SELECT n.org_id, n.due_at FROM notifications n WHERE n.due_at <= now ORDER BY n.due_at LIMIT 2000) d GROUP BY d.org_id ORDER BY min(d.due_at) LIMIT most; END';
REVOKE ALL ON FUNCTION notification_organizations_due(timestamptz, integer) FROM public;
GRANT EXECUTE ON FUNCTION notification_organizations_due(timestamptz, integer) TO infra24_app;

-- How much waits is counted for the whole installation.
CREATE POLICY sweep ON notifications FOR SELECT TO infra24_sweep USING (true);
GRANT SELECT (org_id, due_at) ON notifications TO infra24_sweep;

-- What they replace: two subscribers, and e-mails about bookings as jobs.
DELETE FROM event_cursors WHERE subscriber IN ('approvers', 'bookers');
DELETE FROM parked_events WHERE subscriber IN ('approvers', 'bookers');
DELETE FROM event_subscribers WHERE name IN ('approvers', 'bookers');
DELETE FROM procrastinate_jobs
WHERE task_name = 'send_email' AND status = 'todo'
    AND args ->> 'kind' IN ('approval_wanted', 'booking_decided', 'booking_cancelled');
