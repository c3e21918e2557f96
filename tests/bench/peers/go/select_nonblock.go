package main

func pollFour(empty, absent, source, sink chan int, each int) {
	for i := 0; i < each; i++ {
		select {
		case <-empty:
		default:
		}
		select {
		case absent <- 0:
		default:
		}
		select {
		case <-source:
		default:
		}
		select {
		case sink <- 0:
		default:
		}
	}
}

// selectNonblock: one operation polls four channels that nobody serves: two without
// a buffer, two with, a receive and a send each.
func selectNonblock(count, _ int) {
	empty, absent := make(chan int), make(chan int)
	source, sink := make(chan int, 1), make(chan int, 1)
	shareOut(count, func(each int) { pollFour(empty, absent, source, sink, each) })
}
