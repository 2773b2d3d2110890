"""What is done at the clinic's tables from a command line."""
