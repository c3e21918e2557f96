package main

// chanSync: two goroutines hand a message to and fro over one channel of capacity 0.
func chanSync(count, steps int) {
	var t team
	c := make(chan int)
	t.start(1, func() {
		for i := 0; i < count/2; i++ {
			c <- i
			work(steps)
			<-c
			work(steps)
		}
	})
	t.start(1, func() {
		for i := 0; i < count/2; i++ {
			<-c
			work(steps)
			c <- i
			work(steps)
		}
	})
	t.Wait()
}
