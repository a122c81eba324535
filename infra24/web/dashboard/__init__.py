"""What members see of their own: bookings, feed, data."""
