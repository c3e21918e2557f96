package main

import "time"

// far is when none of these timers goes off before the program has ended.
const far = time.Hour

// timerCreateStop makes a timer and stops it.
func timerCreateStop(count, _ int) {
	for i := 0; i < count; i++ {
		time.NewTimer(far).Stop()
	}
}

// timerReset puts one timer off.
func timerReset(count, _ int) {
	timer := time.NewTimer(far)
	for i := 0; i < count; i++ {
		timer.Reset(far)
	}
}

// afterFuncCreateStop is told to call a function later, and then not to.
func afterFuncCreateStop(count, _ int) {
	for i := 0; i < count; i++ {
		time.AfterFunc(far, func() {}).Stop()
	}
}
