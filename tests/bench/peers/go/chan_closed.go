package main

// chanClosed: all goroutines poll one closed channel.
func chanClosed(count, _ int) {
	c := make(chan int)
	close(c)
	shareOut(count, func(each int) {
		for i := 0; i < each; i++ {
			select {
			case <-c:
			default:
				panic("still open")
			}
		}
	})
}
