"""Tests of threads without waiting: virtual time."""

# Thin, over the engine; a file a concept.
#
#   virtual time   virtual_time, Bubble     _virtual.py
#   exploration    explore                  _explore.py

from heartbeat._native import Bubble
from heartbeat.testing._explore import explore
from heartbeat.testing._virtual import virtual_time

__all__ = ["Bubble", "explore", "virtual_time"]
