package views

// brokenRehearsal is the rehearsal's page while it is broken on purpose, with as many switches as there are.
func brokenRehearsal() RehearsalProps {
	p := rehearsalProps()
	p.Break = BreakProps{Choices: []Link{{Text: "Practice (2 on)", URL: "/rehearsal?m=practice#break", Current: true, TestID: "practise-practice"}, {Text: "Payments", URL: "/rehearsal?m=payments#break"}},
		Migration: "practice", Namespace: "practice.a2dd6", NoKey: true}
	for _, title := range []string{"What the worker was given", "The network in between", "The namespace in the rehearsal cloud"} {
		g := BreakGroup{ID: title[:6], Title: title, Lead: "Affects every client of this namespace."}
		for i := range 8 {
			g.Switches = append(g.Switches, SwitchProps{ID: title[5:8] + itoa(i), Title: "A certificate filter that does not match", Does: "The namespace accepts only certificates with the common name another-worker. Needs your key.",
				Sees: "PermissionDenied: Request unauthorized.", Code: "NS-02", CodeTitle: "You are connected, but not allowed into this namespace", URL: "/help/NS-02", On: i == 1})
		}
		g.Switches[1].Address = "127.0.0.1:40123"
		p.Break.Groups = append(p.Break.Groups, g)
	}
	return p
}

func broken(f Frame) Frame {
	f.Broken = BrokenProps{Namespace: "practice.a2dd6", Titles: []string{"An unreliable connection", "A certificate filter that does not match"}, Return: f.Path}
	return f
}
