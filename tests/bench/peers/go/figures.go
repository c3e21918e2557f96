package main

// figures: the benchmarks whose number is not nanoseconds from call to return.
var figures = []struct {
	name string
	of   func(count int) float64
}{
	{"timers_million-create", func(n int) float64 { return timersMillion(n).create }},
	{"timers_million-stop", func(n int) float64 { return timersMillion(n).stop }},
	{"timers_million-bytes", func(n int) float64 { return timersMillion(n).bytes }},
	{"after_funcs_million-create", func(n int) float64 { return afterFuncsMillion(n).create }},
	{"after_funcs_million-stop", func(n int) float64 { return afterFuncsMillion(n).stop }},
	{"after_funcs_million-bytes", func(n int) float64 { return afterFuncsMillion(n).bytes }},
	{"channel_bytes", func(n int) float64 { return channels(n).bytes }},
	{"tick_late-p50_us", func(n int) float64 { return tickLate(n, 0.50) }},
	{"tick_late-p99_us", func(n int) float64 { return tickLate(n, 0.99) }},
}

// timers: the others of their section.
var timers = []scenario{
	{"timer_create_stop", timerCreateStop, 0},
	{"timer_reset", timerReset, 0},
	{"after_func_create_stop", afterFuncCreateStop, 0},
}
