package main

var lastMade chan int

// makeChan makes channels and forgets them, still empty.
func makeChan(count, capacity int) {
	for i := 0; i < count; i++ {
		lastMade = make(chan int, capacity)
	}
}
