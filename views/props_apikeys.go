package views

// LaneProps is a step that API keys make needless: step 2 or 3. Test ids: not-needed, continue, open-cloud.
type LaneProps struct {
	Step  string // "Step 2 of 6"
	Title string
	Text  string // why there is nothing to do
	// In step 2: how to get an API key.
	Key      bool
	Cloud    *Link // where keys are made
	Commands []CodeProps
	Notes    []string
	Next     *Link
}

// CloudAuthProps is how workers sign in to a namespace of the rehearsal cloud.
// Forms: POST /cloud/{ns}/auth, field auth; POST /cloud/{ns}/keys, fields key_name, key_days; POST
// /cloud/{ns}/keys/delete, field key. All send m. Test ids: auth-<value>, save-auth, create-key, new-key, delete-key.
type CloudAuthProps struct {
	ID, Migration string
	Auths         []Choice
	Keyed         bool // it takes API keys now
	Keys          []CloudKeyRow
	Name, Days    string
	New           CodeProps // the key just made: shown in this answer and never again
	Problems      Problems
	Back          *Link // to the migration, where the key is wanted
}

// CloudKeyRow is one API key, without the key.
type CloudKeyRow struct {
	ID, Name, Created, Until string
	Tag                      Tag
}

// WorkerLookProps is the button that looks for a worker once, without the script too.
// Form: POST Action, fields queue, api_key. Test ids: look-for-worker.
type WorkerLookProps struct {
	Action, Queue string
	Key           bool // an API key is asked for: none is kept
	Problems      Problems
}
