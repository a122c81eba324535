-- Who hosts a booking and why: decisions, and of a round robin the turns that are given and owed.

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
SELECT make_tenant_table('balances');

CREATE TABLE decisions (
    org_id uuid NOT NULL,
    booking_id uuid NOT NULL,
    seq bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    offer_id uuid NOT NULL,
    made_at timestamptz NOT NULL,
    pooling text NOT NULL,
    chosen uuid[] NOT NULL,
    candidates jsonb NOT NULL,
    is_turn boolean NOT NULL DEFAULT false,
    returned boolean NOT NULL DEFAULT false,
    kept boolean NOT NULL DEFAULT false,
    PRIMARY KEY (org_id, booking_id, seq),
    FOREIGN KEY (org_id, booking_id) REFERENCES bookings (org_id, id) ON DELETE CASCADE,
    FOREIGN KEY (org_id, offer_id) REFERENCES resources (org_id, id) ON DELETE CASCADE
);
CREATE INDEX decisions_by_offer ON decisions (org_id, offer_id, seq) WHERE is_turn;
COMMENT ON TABLE decisions IS 'Why these hosts: the candidates as they stood, in the order tried.';
COMMENT ON COLUMN decisions.is_turn IS 'Whether it is a line of the ledger; one that was returned takes a turn out.';
SELECT make_tenant_table('decisions');
REVOKE UPDATE, DELETE ON decisions FROM infra24_app;
