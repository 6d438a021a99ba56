package views

// of are the problems of one of the two forms of the page.
func of(p ClientsProps, form string) Problems {
	if p.Of == form {
		return p.Problems
	}
	return nil
}

// reasonOr is the hint of a choice, or why it cannot be had.
func reasonOr(c Choice) string {
	if c.Disabled && c.Reason != "" {
		return c.Reason
	}
	return c.Hint
}

// formatChoices offer the formats with a key.
func formatChoices(rows []FormatRow) []Choice {
	var out []Choice
	for i, r := range rows {
		out = append(out, Choice{Value: r.Format, Label: r.Title, Hint: r.What, Selected: i == 0})
	}
	return out
}
