-- How a booking came to its end: the analytics ask it of the cancelled bookings of a range, by booking.
CREATE INDEX events_of_endings ON events (org_id, subject_id, seq)
    WHERE type IN ('booking.cancelled', 'booking.declined', 'booking.lapsed', 'booking.released',
        'booking.hold_expired');
