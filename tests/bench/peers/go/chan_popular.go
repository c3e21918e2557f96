package main

func listen(common, own chan int, each int) {
	for i := 0; i < each; i++ {
		select {
		case <-common:
		case <-own:
		}
	}
}

// chanPopular: many goroutines select over one common channel and one of their own;
// one operation sends on each of the own ones.
func chanPopular(count, goroutines int) {
	var t team
	common := make(chan int)
	owns := make([]chan int, goroutines)
	for g := range owns {
		own := make(chan int)
		owns[g] = own
		t.start(1, func() { listen(common, own, count) })
	}
	for i := 0; i < count; i++ {
		for _, own := range owns {
			own <- i
		}
	}
	t.Wait()
}
