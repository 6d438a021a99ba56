// Command onramp takes a Temporal application from a local server to Temporal Cloud.
package main

import (
	"os"

	"onramp/cli"
)

func main() { os.Exit(cli.Main()) }
