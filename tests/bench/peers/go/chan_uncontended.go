package main

// chanUncontended: each goroutine fills a channel of its own and drains it again.
func chanUncontended(count, messages int) {
	shareOut(count, func(each int) {
		c := make(chan int, messages)
		for i := 0; i < each; i++ {
			send(c, messages)
			receive(c, messages)
		}
	})
}
