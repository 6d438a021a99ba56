package migration

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"onramp/cloud"
	"onramp/fault"
)

func wide(s string, mark bool, big bool) []byte {
	var out []byte
	if mark {
		s = "\uFEFF" + s
	}
	for _, u := range utf16.Encode([]rune(s)) {
		if big {
			out = append(out, byte(u>>8), byte(u))
		} else {
			out = append(out, byte(u), byte(u>>8))
		}
	}
	return out
}

var listDefaults = ListDefaults{Account: "a1b2c", Lang: "go", Auth: cloud.AuthMTLS, Now: time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)}

// rowsOf is a list in short: line, name, namespace, region, source, team, sign-in.
func rowsOf(l List) string {
	var b strings.Builder
	for _, r := range l.Rows {
		from := ""
		if r.Source != nil {
			from = r.Source.Cluster + "/" + r.Source.Namespace
		}
		fmt.Fprintf(&b, "%d|%s|%s|%s|%s|%s|%s\n", r.Line, r.Migration.Name, r.Namespace.Namespace, r.Namespace.Region, from, r.Team, r.Migration.Auth)
	}
	return b.String()
}

// TestReadList: lists as people have them: by hand, and as spreadsheets save them.
func TestReadList(t *testing.T) {
	four := "cluster,namespace,cloud_namespace,region\neu-1,payments,payments-prod.a1b2c,aws-eu-west-1\neu-1,ledger,ledger-prod,\n"
	want := "2|payments-prod|payments-prod.a1b2c|aws-eu-west-1|eu-1/payments||mtls\n3|ledger-prod|ledger-prod.a1b2c||eu-1/ledger||mtls\n"
	semicolons := strings.ReplaceAll(four, ",", ";")
	for name, tt := range map[string]struct {
		raw  []byte
		want string
	}{
		"by hand":                        {[]byte(four), want},
		"without a header":               {[]byte(four[strings.IndexByte(four, '\n')+1:]), strings.NewReplacer("2|", "1|", "3|", "2|").Replace(want)},
		"with a byte order mark":         {[]byte("\uFEFF" + four), want},
		"Windows line ends":              {[]byte(strings.ReplaceAll(four, "\n", "\r\n")), want},
		"old Mac line ends":              {[]byte(strings.ReplaceAll(four, "\n", "\r")), want},
		"no end of the last line":        {[]byte(strings.TrimSuffix(four, "\n")), want},
		"Excel where the comma is a dot": {[]byte("\uFEFF" + strings.ReplaceAll(semicolons, "\n", "\r\n")), want},
		"Excel with a line sep=;":        {[]byte("sep=;\r\n" + strings.ReplaceAll(semicolons, "\n", "\r\n")), strings.NewReplacer("3|", "4|", "2|", "3|").Replace(want)},
		"Excel's Unicode text":           {wide(strings.ReplaceAll(strings.ReplaceAll(four, ",", "\t"), "\n", "\r\n"), true, false), want},
		"UTF-16 without a mark":          {wide(four, false, false), want},
		"UTF-16, big end first":          {wide(four, true, true), want},
		"tcld's words, another order":    {[]byte("Target Namespace,Source Namespace\npayments-prod.a1b2c,payments\n"), "2|payments-prod|payments-prod.a1b2c||/payments||mtls\n"},
		"Temporal's form": {[]byte("Cluster Name,Namespace Name,Translated Name,Target Cloud/Region\n\"eu-1\",\"payments\",\"payments-prod.a1b2c\",\"AWS eu-west-1\"\n"),
			"2|payments-prod|payments-prod.a1b2c|aws-eu-west-1|eu-1/payments||mtls\n"},
		"quoted, with separators and quotes inside": {[]byte("name,cloud_namespace\n\"Payments, \"\"EU\"\"\",payments-prod.a1b2c\n"), "2|Payments, \"EU\"|payments-prod.a1b2c||||mtls\n"},
		"a field over two lines":                    {[]byte("cloud_namespace,notes\npay.a1b2c,\"two\nlines\"\nledger.a1b2c,x\n"), "2|pay|pay.a1b2c||||mtls\n4|ledger|ledger.a1b2c||||mtls\n"},
		"name, team and sign-in":                    {[]byte("name,team,sign_in,cloud_namespace\nPay,Ledger,API key,pay.a1b2c\n"), "2|Pay|pay.a1b2c|||Ledger|api-key\n"},
		"empty lines between":                       {[]byte("cloud_namespace\n\npay.a1b2c\n,,\nledger.a1b2c\n"), "3|pay|pay.a1b2c||||mtls\n5|ledger|ledger.a1b2c||||mtls\n"},
		"an endpoint for a name":                    {[]byte("cloud_namespace\npay.a1b2c.tmprl.cloud:7233\n"), "2|pay|pay.a1b2c||||mtls\n"},
		"Windows-1252":                              {[]byte("name,cloud_namespace\nM\xfcnchen,pay.a1b2c\n"), "2|München|pay.a1b2c||||mtls\n"},
		"what an export wrote":                      {[]byte("name,cloud_namespace\n" + "'=Pay+1" + ",pay.a1b2c\n"), "2|=Pay+1|pay.a1b2c||||mtls\n"},
	} {
		got, err := ReadList(tt.raw, listDefaults)
		if err != nil || rowsOf(got) != tt.want {
			t.Errorf("%s: %v\n%s\nwant\n%s", name, err, rowsOf(got), tt.want)
		}
	}
}

// TestReadListFaults: each mistake is told with its row, and several together.
func TestReadListFaults(t *testing.T) {
	for name, tt := range map[string]struct {
		raw  string
		want []string
	}{
		"nothing":                    {"", []string{"The file has no rows"}},
		"a header alone":             {"cluster,namespace,cloud_namespace,region\n", []string{"The file has no rows"}},
		"no cloud namespace":         {"cluster,namespace\neu,pay\n", []string{"The column cloud_namespace is missing"}},
		"names of both kinds":        {"cloud_namespace,region\nPay_Prod.a1b2c,\nok.a1b2c,mars-1\n", []string{"Row 2: in “pay_prod” the part before the account ID is wrong: a name holds only a–z", "Row 3: \"mars-1\" is no region that Onramp knows"}},
		"twice":                      {"name,cloud_namespace\nPay,pay.a1b2c\npay,other.a1b2c\nElse,pay.a1b2c\n", []string{"Row 3: the name pay is already in row 2", "Row 4: the namespace pay.a1b2c is already in row 2"}},
		"a quotation mark left open": {"cloud_namespace\npay.a1b2c\n\"ledger.a1b2c\n", []string{"a quotation mark is out of place or never closed"}},
		"too many columns":           {"eu,pay,pay.a1b2c,,x\n", []string{"Row 1: it has 5 columns"}},
		"a way to sign in":           {"cloud_namespace,sign_in\npay.a1b2c,password\n", []string{`Row 2: "password" is no way to sign in`}},
		"no name in the cloud":       {"cluster,namespace,cloud_namespace\neu,pay,\n", []string{"Row 2: the namespace in Temporal Cloud is missing"}},
	} {
		l, err := ReadList([]byte(tt.raw), listDefaults)
		all := fault.All(err)
		if len(all) != len(tt.want) {
			t.Errorf("%s: %d faults, want %d: %v", name, len(all), len(tt.want), err)
			continue
		}
		for i, f := range all {
			if !strings.Contains(f.Title, tt.want[i]) || f.Field != "list" || f.Kind != fault.Invalid || f.Fix == "" ||
				strings.HasPrefix(f.Title, "Row ") && !strings.HasPrefix(f.Fix, f.Title[:strings.Index(f.Title, ":")+2]) {
				t.Errorf("%s: %+v, want %q", name, f, tt.want[i])
			}
		}
		for _, r := range l.Rows {
			if r.Namespace.Address == "" || r.Migration.ID == "" {
				t.Errorf("%s: half a row %+v", name, r)
			}
		}
	}
	if _, err := ReadList([]byte("cloud_namespace\npay\n"), ListDefaults{Lang: "go", Auth: cloud.AuthMTLS}); !strings.Contains(fault.From(err).Title, `Row 2: "pay" has no account`) {
		t.Errorf("a name alone without an account: %v", err)
	}
	many := "cloud_namespace\n"
	for i := range MaxListRows + 1 {
		many += fmt.Sprintf("pay-%d.a1b2c\n", i)
	}
	if _, err := ReadList([]byte(many), listDefaults); !fault.Is(err, fault.TooLarge) {
		t.Errorf("%d rows: %v", MaxListRows+1, err)
	}
	if l, err := ReadList([]byte(many[:strings.LastIndex(strings.TrimSuffix(many, "\n"), "\n")+1]), listDefaults); err != nil || len(l.Rows) != MaxListRows {
		t.Errorf("%d rows: %d, %v", MaxListRows, len(l.Rows), err)
	}
	if _, err := ReadList(make([]byte, MaxListBytes+1), listDefaults); !fault.Is(err, fault.TooLarge) {
		t.Errorf("too many bytes: %v", err)
	}
	l, _ := ReadList([]byte("cluster,namespace,cloud_namespace,region\neu,pay,Pay_Prod.a1b2c,\neu,ok,ok.a1b2c,\neu,far,far.a1b2c,mars-1\n\"open\n"), listDefaults)
	if got := fmt.Sprint(l.Wrong); got != "[{2  eu pay Pay_Prod.a1b2c  } {4  eu far far.a1b2c mars-1 } {5      }]" || len(l.Rows) != 1 {
		t.Errorf("rows that cannot be read: %s, %d read", got, len(l.Rows))
	}
	wrong := "cloud_namespace\n" + strings.Repeat("No_Name\n", 400)
	if _, err := ReadList([]byte(wrong), listDefaults); !strings.Contains(fault.All(err)[len(fault.All(err))-1].Title, "those after it were not read") {
		t.Errorf("what was left out is not told: %v", fault.All(err)[len(fault.All(err))-1])
	}
	if _, err := ReadList([]byte(wrong), listDefaults); len(fault.All(err)) > maxListFaults {
		t.Errorf("%d faults at once", len(fault.All(err)))
	}
}

// FuzzReadList: whatever is sent, it is read or refused, and what is read is whole.
func FuzzReadList(f *testing.F) {
	f.Add([]byte("cluster,namespace,cloud_namespace,region\neu-1,payments,payments-prod.a1b2c,aws-eu-west-1\n"))
	f.Add([]byte("sep=;\r\nname;cloud_namespace\r\n\"a\"\"b\";x.a1b2c\r\n"))
	f.Add(wide("cloud_namespace\tname\r\npay.a1b2c\tPay\r\n", true, false))
	f.Fuzz(func(t *testing.T, raw []byte) {
		l, err := ReadList(raw, listDefaults)
		if err == nil && len(l.Rows) == 0 {
			t.Error("nothing was read, and nothing is wrong")
		}
		for _, r := range l.Rows {
			if r.Migration.ID == "" || r.Namespace.Namespace == "" || r.Namespace.Address == "" || r.Line < 1 {
				t.Errorf("%q: half a row %+v", raw, r)
			}
		}
	})
}
