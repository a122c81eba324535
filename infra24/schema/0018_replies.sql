-- What people's calendars answered to an invitation.

ALTER TABLE participants
    ADD COLUMN response text NOT NULL DEFAULT '' CHECK (response IN ('', 'accepted', 'declined', 'tentative')),
    ADD COLUMN response_revision integer;
COMMENT ON COLUMN participants.response_revision IS
    'The booking''s revision that was answered: an answer to an earlier one says nothing of the present time.';
