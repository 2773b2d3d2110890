"""What the templates show numbers, times and devices with."""
