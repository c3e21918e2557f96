package main

// offer sends on whichever channel goes, until done closes.
func offer(c0, c1, c2, done chan int) {
	for {
		select {
		case c0 <- 0:
		case c1 <- 0:
		case c2 <- 0:
		case <-done:
			return
		}
	}
}

func take(c0, c1, c2 chan int, each int) {
	for i := 0; i < each; i++ {
		select {
		case <-c0:
		case <-c1:
		case <-c2:
		}
	}
}

// selectSyncContended: goroutines that select over three sends meet goroutines that
// select over three receives, all without a buffer.
func selectSyncContended(count, _ int) {
	var t team
	c0, c1, c2, done := make(chan int), make(chan int), make(chan int), make(chan int)
	t.start(processors(), func() { offer(c0, c1, c2, done) })
	shareOut(count, func(each int) { take(c0, c1, c2, each) })
	close(done)
	t.Wait()
}
