package main

// chanCreation: a channel for every message.
func chanCreation(count, capacity int) {
	shareOut(count, func(each int) {
		for i := 0; i < each; i++ {
			c := make(chan int, capacity)
			c <- i
			<-c
		}
	})
}
