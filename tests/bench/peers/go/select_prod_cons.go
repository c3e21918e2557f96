package main

import "time"

// produceBySelect works and sends, with a timer that is far away in every select.
func produceBySelect(c, never chan int, each int) {
	timer := time.After(time.Hour)
	for i := 0; i < each; i++ {
		work(workSteps)
		select {
		case c <- i:
		case <-timer:
		case <-never:
		}
	}
}

func consumeBySelect(c, never chan int, each int) {
	timer := time.After(time.Hour)
	for i := 0; i < each; i++ {
		select {
		case <-c:
		case <-timer:
		case <-never:
		}
		work(workSteps)
	}
}

// selectProdCons: a producer and a consumer for each processor that work, and select.
func selectProdCons(count, capacity int) {
	var t team
	c, never := make(chan int, capacity), make(chan int)
	each := count / processors()
	t.start(processors(), func() { produceBySelect(c, never, each) })
	t.start(processors(), func() { consumeBySelect(c, never, each) })
	t.Wait()
}
