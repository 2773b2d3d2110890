"""How the tables of the record came to be."""
