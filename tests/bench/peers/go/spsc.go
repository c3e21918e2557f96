package main

// spsc: one goroutine sends, another receives.
func spsc(count, capacity int) { toOne(1, count, capacity) }
