"""Tests of threads without waiting: virtual time, leak checks, exploration."""

# Thin, over the engine; a file a concept.
#
#   virtual time   virtual_time, Bubble                _virtual.py
#   reports        Participant, LeakError, StallError  _report.py, _holders.py
#   leaks          assert_no_leaks                     _leaks.py
#   exploration    explore                             _explore.py, _unseen.py

from heartbeat._native import Bubble, LeakError, StallError
from heartbeat.testing._explore import explore
from heartbeat.testing._leaks import assert_no_leaks
from heartbeat.testing._report import Participant
from heartbeat.testing._virtual import virtual_time

__all__ = ["Bubble", "LeakError", "Participant", "StallError", "assert_no_leaks", "explore", "virtual_time"]
