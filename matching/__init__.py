"""Whom to offer a chore to, and why: the pure core of Dibs."""
