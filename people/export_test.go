package people

import "time"

// For the tests of this room.
var NewToken = newToken

func GuessesAt(g Guesses, now time.Time) Guesses { return g.at(now) }
func MayTry(g Guesses, now time.Time) error      { return g.mayTry(now) }
func Wrong(g Guesses, now time.Time) Guesses     { return g.wrong(now) }
