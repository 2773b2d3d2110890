"""The parts of a person's page: who she is and what is wrong, the therapy, its course in time."""
