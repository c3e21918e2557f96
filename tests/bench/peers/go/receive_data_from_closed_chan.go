package main

// receiveDataFromClosedChan drains a channel that was filled and closed before the
// clock started.
func receiveDataFromClosedChan(count, _ int) {
	c := make(chan int, count)
	send(c, count)
	close(c)
	restartClock()
	for range c {
	}
}
