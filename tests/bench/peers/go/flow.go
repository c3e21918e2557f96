package main

import "sync"

// threads is how many senders and receivers there are, as in the other peers.
const threads = 4

func send(c chan<- int, count int) {
	for i := 0; i < count; i++ {
		c <- i
	}
}

func receive(c <-chan int, count int) {
	for i := 0; i < count; i++ {
		<-c
	}
}

// A team runs functions side by side.
type team struct{ sync.WaitGroup }

func (t *team) start(n int, fn func()) {
	t.Add(n)
	for i := 0; i < n; i++ {
		go func() {
			fn()
			t.Done()
		}()
	}
}

// toOne lets some goroutines send and the calling one receive.
func toOne(senders, count, capacity int) {
	var t team
	c := make(chan int, capacity)
	each := count / senders
	t.start(senders, func() { send(c, each) })
	receive(c, each*senders)
	t.Wait()
}

// toMany lets as many goroutines send as receive, all over the same channel.
func toMany(pairs, count, capacity int) {
	var t team
	c := make(chan int, capacity)
	each := count / pairs
	t.start(pairs, func() { send(c, each) })
	t.start(pairs, func() { receive(c, each) })
	t.Wait()
}
