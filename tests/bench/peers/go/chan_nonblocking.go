package main

// chanNonblocking: all goroutines poll one channel that stays empty.
func chanNonblocking(count, _ int) {
	c := make(chan int)
	shareOut(count, func(each int) {
		for i := 0; i < each; i++ {
			select {
			case <-c:
				panic("received")
			default:
			}
		}
	})
}
