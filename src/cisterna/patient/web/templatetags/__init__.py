"""Tags of the patient's templates."""
