package main

// pass moves a message between two channels, to whichever it did not come from.
func pass(c0, c1 chan int, each int) {
	c0 <- 0
	for i := 0; i < each; i++ {
		select {
		case v := <-c0:
			c1 <- v
		case v := <-c1:
			c0 <- v
		}
	}
}

// selectUncontended: each goroutine passes a message between two channels of its own.
func selectUncontended(count, _ int) {
	shareOut(count, func(each int) { pass(make(chan int, 1), make(chan int, 1), each) })
}
