package main

// seq: one goroutine sends everything, then receives everything.
func seq(count, capacity int) {
	c := make(chan int, capacity)
	send(c, count)
	receive(c, count)
}
