package main

// chanSem: a channel as a semaphore with a place for each goroutine.
func chanSem(count, _ int) {
	c := make(chan int, processors())
	shareOut(count, func(each int) {
		for i := 0; i < each; i++ {
			c <- 0
			<-c
		}
	})
}
