"""Exact mathematics with safe gradients: no batteries, no laws, no states."""
