"""What is a number here? Exact values with units, device time and civil time, the stroke run.

Nothing public in Cisterna takes or returns a bare float for a dose, a volume, a time or a length.
A `Quantity` carries an exact rational and its dimension; `DeviceTime` and `CivilTime` are
different types, so one cannot be used for the other by accident.
"""

from cisterna.quantity.measure import (
    CONCENTRATION,
    DIFFUSIVITY,
    DOSE_RATE,
    DURATION,
    FLOW,
    LENGTH,
    LINE_VOLUME,
    MASS,
    RATIO,
    VOLUME,
    Dimension,
    DimensionMismatch,
    Quantity,
    QuantityError,
    UnknownUnit,
    UnreadableQuantity,
)
from cisterna.quantity.pace import Pace
from cisterna.quantity.show import decimal_text, show
from cisterna.quantity.stroke import DAY_MS, HOUR_MS, StrokeRun, TipRun
from cisterna.quantity.time import CivilTime, DeviceClock, DeviceTime, between, later

__all__ = [
    "CONCENTRATION",
    "DAY_MS",
    "DIFFUSIVITY",
    "DOSE_RATE",
    "DURATION",
    "FLOW",
    "HOUR_MS",
    "LENGTH",
    "LINE_VOLUME",
    "MASS",
    "RATIO",
    "VOLUME",
    "CivilTime",
    "DeviceClock",
    "DeviceTime",
    "Dimension",
    "DimensionMismatch",
    "Pace",
    "Quantity",
    "QuantityError",
    "StrokeRun",
    "TipRun",
    "UnknownUnit",
    "UnreadableQuantity",
    "between",
    "decimal_text",
    "later",
    "show",
]
