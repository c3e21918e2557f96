package main

import "runtime"

// micro: the channel benchmarks of ../../core/micro, named as those of Go's own
// runtime. The parameter is the capacity, or it is as said there.
var micro = []scenario{
	{"MakeChan", makeChan, 8},
	{"ChanNonblocking", chanNonblocking, 0},
	{"ChanUncontended", chanUncontended, 100},
	{"ChanContended", chanContended, 100},
	{"ChanCreation", chanCreation, 1},
	{"ChanSem", chanSem, 0},
	{"ChanSync", chanSync, 0},
	{"ChanSyncWork", chanSync, 1000},
	{"ChanProdCons0", chanProdCons, 0},
	{"ChanProdCons10", chanProdCons, 10},
	{"ChanProdCons100", chanProdCons, 100},
	{"ChanProdConsWork0", chanProdConsWork, 0},
	{"ChanProdConsWork10", chanProdConsWork, 10},
	{"ChanProdConsWork100", chanProdConsWork, 100},
	{"ChanPopular", chanPopular, 1000},
	{"ChanClosed", chanClosed, 0},
	{"ReceiveDataFromClosedChan", receiveDataFromClosedChan, 0},
	{"SelectUncontended", selectUncontended, 0},
	{"SelectSyncContended", selectSyncContended, 0},
	{"SelectAsyncContended", selectAsyncContended, 0},
	{"SelectNonblock", selectNonblock, 0},
	{"SelectProdCons", selectProdCons, 128},
}

func processors() int { return runtime.GOMAXPROCS(0) }

// shareOut splits the operations evenly over one goroutine for each processor.
func shareOut(count int, fn func(each int)) {
	var t team
	each := count / processors()
	t.start(processors(), func() { fn(each) })
	t.Wait()
}

// Nobody sets wanted, but the compiler cannot know.
var (
	wanted   bool
	workSink int
)

// work is a number of dependent multiplications that no compiler can leave out.
func work(steps int) {
	x := workSink
	for i := 0; i < steps; i++ {
		x = x*6364136223846793005 + i
	}
	if wanted {
		workSink = x
	}
}
