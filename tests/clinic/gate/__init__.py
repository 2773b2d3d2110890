"""The gate as statements about the domain."""
