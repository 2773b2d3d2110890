"""The record: events that are written once, chained by their hashes, and read again."""
