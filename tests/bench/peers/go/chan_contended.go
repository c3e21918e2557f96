package main

// chanContended: all goroutines put their messages into one channel, and take as
// many out.
func chanContended(count, messages int) {
	c := make(chan int, messages*processors())
	shareOut(count, func(each int) {
		for i := 0; i < each; i++ {
			send(c, messages)
			receive(c, messages)
		}
	})
}
