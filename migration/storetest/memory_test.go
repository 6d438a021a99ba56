package storetest

import (
	"testing"

	"onramp/migration"
)

// TestMemory: the store that tests use keeps the same contract as the database.
func TestMemory(t *testing.T) {
	Run(t, func(*testing.T) migration.Store { return &Memory{} })
}
