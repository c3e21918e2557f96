package main

const workSteps = 100

func produceAndConsume(count, capacity, steps int) {
	var t team
	c := make(chan int, capacity)
	each := count / processors()
	t.start(processors(), func() {
		for i := 0; i < each; i++ {
			work(steps)
			c <- i
		}
	})
	t.start(processors(), func() {
		for i := 0; i < each; i++ {
			<-c
			work(steps)
		}
	})
	t.Wait()
}

// chanProdCons: a producer and a consumer for each processor, on one channel.
func chanProdCons(count, capacity int) { produceAndConsume(count, capacity, 0) }

// chanProdConsWork: the same, with work at both ends.
func chanProdConsWork(count, capacity int) { produceAndConsume(count, capacity, workSteps) }
