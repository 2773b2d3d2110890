"""Where does it go: the level model of the spinal fluid, driven by a delivery trace.

An estimate for a person to weigh, never a dose. Inside this room values are float64 in one unit
system: cm, h, mg, mL (so a concentration is mg/mL and a diffusivity cm²/h).
"""
