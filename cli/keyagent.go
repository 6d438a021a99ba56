package cli

import (
	"os"

	"onramp/custody"
)

// keyAgent is the argument that makes this program hold one opened CA key and sign with it, for the Onramp that started
// it (custody.Agents). It is no command for people.
const keyAgent = "key-agent"

// keyAgents start this program once more for each opened key; nil where a system does not say what this program is.
func keyAgents() custody.Apart {
	program, err := thisProgram()
	if err != nil {
		return nil
	}
	return &custody.Agents{Program: program, Args: []string{"onramp", keyAgent}}
}

// serveKey is that process.
func serveKey() int {
	if err := hideMemory(); err != nil {
		return exitInternal
	}
	if err := custody.ServeKey(os.Stdin, os.Stdout); err != nil {
		return exitInternal
	}
	return exitOK
}
