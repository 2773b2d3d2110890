"""The plan on paper: one self-contained HTML page, with charts, for print and phone."""

from cisterna.order.sheet.page import sheet

__all__ = ["sheet"]
