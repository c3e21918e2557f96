package main

func sendAny(cs [threads]chan int, count int) {
	c0, c1, c2, c3 := cs[0], cs[1], cs[2], cs[3]
	for i := 0; i < count; i++ {
		select {
		case c0 <- i:
		case c1 <- i:
		case c2 <- i:
		case c3 <- i:
		}
	}
}

// selectBoth: several goroutines send and as many receive, all by selecting over
// the same channels.
func selectBoth(count, capacity int) {
	var t team
	cs := makeChans(capacity)
	each := count / threads
	t.start(threads, func() { sendAny(cs, each) })
	t.start(threads, func() { receiveAny(cs, each) })
	t.Wait()
}
