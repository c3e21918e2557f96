"""Go's suite of goroutine leaks, demanded of the leak and deadlock detection of bubbles.

The cases are those of Go's runtime/testdata/testgoroutineleakprofile (BSD licence): the micro cases,
the common patterns of leaks, the stress cases, and GoKer, the part of the GoBench benchmark of real
bugs ("GoBench: A Benchmark Suite of Real-World Go Concurrency Bugs", CGO 2021) that the suite holds.
Each is told anew in Python, as small as shows which threads wait for what; `program.py` says how a
case is written, and `gosync.py` has Go's locks and the like. Each case is demanded of the end of a bubble
(LeakError), of a host that waits for the case's threads (DeadlockError), side by side and, where it depends
on the order of events, taking turns; those that leak in any order also of assert_no_leaks(), in a
bubble and in real time.

What is otherwise than in Go:

* Go's detector is its garbage collector: a goroutine leaks if it waits on what nothing alive can
  reach. A bubble's is its end: a participant that still waits then leaks, whether somebody could still
  reach what it waits on or not. Only what was made outside of the bubble is waited for, so
  NoLeakGlobal, whose channel is a global, is here a channel from outside.
* Go runs many copies of a case at once so that one of them may leak. Here one copy runs at a time, with
  a seed that decides who is delayed where, and as many seeds as it takes.
* Where a thousand goroutines are started, here 200 threads are (MutexStack, MutexHeap, DaisyChain).
* SpawnGC asks for the profile in every goroutine of its tree while others run; here every thread asks its
  bubble who takes part, and the tree has 41 inner nodes rather than 206.
* A goroutine that only sleeps is no leak, but a participant that sleeps at the end of its bubble is; so the
  bubble of DaisyChain, whose end sleeps for an hour, lasts for two.
* Functions that Go runs later by time.AfterFunc are threads here, which wait for a timer.
* Of programs with many layers, as Hugo/5379 and Kubernetes/30872, the cases keep the calls that lock, and
  drop what is between.
* Kubernetes/1321, which Go's list leaves out for a data race that can crash it, is in: Python has no
  such crash.
* Moby/7559 dials a UDP address that cannot be dialled; here the dialling simply fails.
"""
