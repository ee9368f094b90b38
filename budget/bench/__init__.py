"""Benchmarks: how fast the program is beside what the same machine does at its best; no part of any verdict."""
