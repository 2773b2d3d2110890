"""Cisterna: open planning of intrathecal drug delivery. Research and planning, not a device."""
