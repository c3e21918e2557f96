package main

func makeChans(capacity int) (cs [threads]chan int) {
	for i := range cs {
		cs[i] = make(chan int, capacity)
	}
	return cs
}

func receiveAny(cs [threads]chan int, count int) {
	c0, c1, c2, c3 := cs[0], cs[1], cs[2], cs[3]
	for i := 0; i < count; i++ {
		select {
		case <-c0:
		case <-c1:
		case <-c2:
		case <-c3:
		}
	}
}

// selectRx: several goroutines send, each on a channel of its own; one selects.
func selectRx(count, capacity int) {
	var t team
	cs := makeChans(capacity)
	each := count / threads
	for _, c := range cs {
		t.start(1, func() { send(c, each) })
	}
	receiveAny(cs, each*threads)
	t.Wait()
}
