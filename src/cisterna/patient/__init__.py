"""What does the patient see and do? So far the remote, with which she asks for her own dose."""
