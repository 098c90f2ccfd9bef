"""Sweeps: many runs that differ in their settings, on the cores of a machine or of a cluster. Needs requirements-cluster.txt."""
