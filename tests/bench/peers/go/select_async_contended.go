package main

// selectAsyncContended: all goroutines pass messages between the same two channels.
func selectAsyncContended(count, _ int) {
	c0 := make(chan int, processors())
	c1 := make(chan int, processors())
	shareOut(count, func(each int) { pass(c0, c1, each) })
}
