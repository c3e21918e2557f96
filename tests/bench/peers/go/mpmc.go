package main

// mpmc: several goroutines send, as many others receive.
func mpmc(count, capacity int) {
	var t team
	c := make(chan int, capacity)
	each := count / threads
	t.start(threads, func() { send(c, each) })
	t.start(threads, func() { receive(c, each) })
	t.Wait()
}
