"""The process with the key."""
