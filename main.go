// Command onramp takes a Temporal application from a local server to Temporal Cloud.
package main

func main() {}
