"""What does the patient see and do? Her pages, and the remote with which she asks for a dose."""
