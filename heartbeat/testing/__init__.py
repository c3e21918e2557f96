"""Tests of threads without waiting: virtual time."""

# Thin, over the engine; a file a concept.
#
#   virtual time   virtual_time, Bubble     _virtual.py
#   exploration    explore                  _explore.py, _unseen.py
#   reports        Participant, LeakError, StallError     _report.py, _holders.py

from heartbeat._native import Bubble, LeakError, StallError
from heartbeat.testing._explore import explore
from heartbeat.testing._report import Participant
from heartbeat.testing._virtual import virtual_time

__all__ = ["Bubble", "LeakError", "Participant", "StallError", "explore", "virtual_time"]
