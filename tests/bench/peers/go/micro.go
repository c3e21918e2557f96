package main

var micro = []scenario{}
