"""Figures from numbers: what a chart shows is data, and drawing it is one place's work."""
