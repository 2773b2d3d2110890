"""What delivers it? The dose controller, its guard, and virtual pumps that fail like real ones."""
