package main

// figure is one goal, and the test that prints what was reached.
type figure struct {
	id, what, target string
	quick            bool
	journey          bool     // the test is a journey: it stands in e2e
	room, test       string   // "": there is none yet
	flags            []string // of the test
	script           []string // instead of a test, from the root: it prints the line
	why              string   // it is not measured
	n                string   // -benchtime; default 1x
}

func (f figure) times() string {
	if f.n == "" {
		return "1x"
	}
	return f.n
}

// figures are the goals, R for reliability and S for security, in their order.
var figures = []figure{
	{id: "R1", what: "right diagnosis, over all faults", target: "≥ 98 %, each stage ≥ 95 %", room: "./doctor", test: "TestShuffledRounds"},
	{id: "R2", what: "verdicts that are wrong and certain", target: "0", room: "./doctor", test: "TestShuffledRounds"},
	{id: "R3", what: "false alarms on good set-ups", target: "0 of ≥ 200", quick: true, room: "./doctor", test: "TestNoFalseAlarms"},
	{id: "R4", what: "refusals without their reason", target: "0 of 1,000", quick: true, room: "./doctor", test: "TestThousandRefusals"},
	{id: "R5", what: "the printed fix works", target: "≥ 95 %", room: "./doctor", test: "TestTheFixWorks"},
	{id: "R6", what: "time to a verdict of a fault that is not silent", target: "p50 ≤ 0.3 s, p99 ≤ 1.5 s", room: "./doctor", test: "BenchmarkVerdict"},
	{id: "R7", what: "wrong and certain over disturbed lines", target: "0 of ≥ 700", room: "./doctor", test: "TestToxics", flags: []string{"-toxicstep", "27"}},
	{id: "R8", what: "what 1,000 checks leave behind, 200 of them in black holes", target: "as before, +5", room: "./doctor", test: "TestAThousandProbesLeaveNothing"},
	{id: "R9", what: "a shared portal at 100 requests a second for 60 s, beside a bare server", target: "p99 < 50 ms, 0 failed", journey: true, room: ".", test: "BenchmarkLoad"},
	{id: "R10", what: "pages while 50 checks hang, beside idle", target: "p99 ≤ 2 × idle", journey: true, room: ".", test: "BenchmarkHungChecks"},
	{id: "R11", what: "acknowledged rows lost in 100 × kill -9", target: "0", room: "./store", test: "TestKill"},
	{id: "R12", what: "syncs to the disk for each acknowledged change", target: "≥ 1; 0 lost after dropped writes", quick: true, room: "./store", test: "TestSynced", flags: []string{"-everycut", "1"}},
	{id: "R13", what: "backups under load that come back equal", target: "20 of 20, < 5 s", room: "./cli", test: "TestBackupUnderLoad"},
	{id: "R14", what: "SIGTERM at 100 requests a second, ten times: requests in flight that failed", target: "0, exit ≤ 10 s", journey: true, room: ".", test: "BenchmarkStopUnderLoad"},
	{id: "R15", what: "fuzz targets, 60 s each", target: "≥ 8, 0 crashes, ≥ 4 M runs", script: []string{"scripts/fuzz.sh", "60"}},
	{id: "R16", what: "diagnosis under the race detector, shuffled, three times; how much of it its tests reach, and how many mutants they find", target: "0 races; ≥ 90 %; ≥ 70 %", script: []string{"scripts/thorough.sh", "doctor", "60"}},
	{id: "S1", what: "requirements of OWASP ASVS 5.0 with a test of their id", target: "82 of 82", quick: true, room: ".", test: "TestASVS"},
	{id: "S2", what: "MDN Observatory's score of the worst answer", target: "160", quick: true, room: "./handlers", test: "TestASVS_3_4"},
	{id: "S3", what: "wrong cells of routes × roles × teams", target: "0; 0 undeclared", quick: true, room: "./handlers", test: "TestASVS_8_2_1"},
	{id: "S4", what: "wrong cells of forms × senders (CSRF, rebinding)", target: "0", quick: true, room: "./handlers", test: "TestASVS_3_5_1"},
	{id: "S5", what: "forbidden connects at the socket (SSRF)", target: "0 of ≥ 60 × 3", quick: true, room: "./reach", test: "TestForbidden"},
	{id: "S6", what: "canaries found outside their place", target: "0 of ≥ 30", quick: true, journey: true, room: ".", test: "TestCanaries", flags: []string{"-patient"}},
	{id: "S7", what: "copies of a client's key in the portal's memory", target: "0, made in the browser", journey: true, room: ".", test: "TestKeyNeverReachesTheServer"},
	{id: "S8a", what: "time of an answer for an account that is not there, by that of one that is", target: "0.95 to 1.05", room: "./people", test: "BenchmarkSignIn", n: "100x"},
	{id: "S8b", what: "guesses at an account in an hour", target: "≤ 40", quick: true, room: "./people", test: "TestASVS_6_3_1"},
	{id: "S9", what: "requests until a sign-out or a disabled account counts", target: "0", quick: true, room: "./handlers", test: "TestStolenCookie"},
	{id: "S10", what: "tamperings of the audit that are found", target: "1,000 of 1,000, the first bad record named", room: "./store", test: "TestTamperedAudit"},
	{id: "S11", what: "acts half done when a write fails, the audit's among them", target: "0", room: "./acts", test: "TestFailures"},
	{id: "S12", what: "modules of the program; vulnerabilities that are reached", target: "0 reached", quick: true, journey: true, room: ".", test: "TestModules"},
	{id: "S13", what: "connections that skip verification, clients that follow redirects", target: "0", quick: true, room: ".", test: "TestASVS_12_3_2"},
	{id: "S14", what: "certificates that OpenSSL, Go or our own rules find wrong", target: "0", room: "./certsvc", test: "TestManyLeaves", flags: []string{"-leaves", "1000"}},
	{id: "S15", what: "violations of the CSP, and planted scripts that ran, with one in every text field", target: "0, 0", journey: true, room: ".", test: "TestPlantedScripts", flags: []string{"-patient"}},
	{id: "S16a", what: "pages while 500 connections send a byte a second, beside idle", target: "p99 ≤ 2 × idle", journey: true, room: ".", test: "BenchmarkSlowClients"},
	{id: "S16b", what: "pages while 80 ask for the whole audit and never read", target: "p99 ≤ 2 × idle", journey: true, room: ".", test: "BenchmarkSlowClients"},
}
