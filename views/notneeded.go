package views

// NotNeededProps is a step that API keys make needless: step 2 or 3. Test ids: not-needed, continue, open-cloud,
// and those of HandoffOffer.
type NotNeededProps struct {
	Step  string // "Step 2 of 6"
	Title string
	Text  string // why there is nothing to do
	// In step 2: how to get an API key.
	Key      bool
	Cloud    *Link // where keys are made
	Commands []CodeBlockProps
	Notes    []string
	Handoff  *HandoffOffer // what the Cloud admin does; nil where there is nothing to hand off yet
	Need     *NeedProps    // what a hand-off needs first
	Next     *Link
}
