"""Who is treated, and what is next? One person's course, as events on one append-only record."""
