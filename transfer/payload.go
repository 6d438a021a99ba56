package transfer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	commonpb "go.temporal.io/api/common/v1"
)

// maxShown is how many bytes of one payload an event carries; the raw history has it all.
const maxShown = 4096

// decode makes the payloads of an event readable: nothing, one value, or a list of values.
func decode(ps *commonpb.Payloads) any {
	all := ps.GetPayloads()
	switch len(all) {
	case 0:
		return nil
	case 1:
		return decodeOne(all[0])
	}
	out := make([]any, len(all))
	for i, p := range all {
		out[i] = decodeOne(p)
	}
	return out
}

// shown is decode without what says nothing.
func shown(ps *commonpb.Payloads) any {
	if v := decode(ps); v != "" {
		return v
	}
	return nil
}

// decodeOne reads one payload as the SDKs' default converter wrote it. What it cannot read it describes.
func decodeOne(p *commonpb.Payload) any {
	encoding, data := string(p.GetMetadata()["encoding"]), p.GetData()
	switch encoding {
	case "binary/null":
		return nil
	case "json/plain", "json/protobuf":
		if len(data) > maxShown {
			return fmt.Sprintf("%s… (%d bytes)", head(data), len(data))
		}
		dec := json.NewDecoder(bytes.NewReader(data))
		dec.UseNumber() // 12345678901234567890 stays itself
		var v any
		if err := dec.Decode(&v); err != nil {
			return fmt.Sprintf("not JSON, although it says so: %s", head(data))
		}
		return v
	case "binary/encrypted":
		return fmt.Sprintf("encrypted, %d bytes", len(data))
	case "":
		return fmt.Sprintf("%d bytes without an encoding", len(data))
	}
	return fmt.Sprintf("%s, %d bytes", encoding, len(data))
}

// head is the beginning of a text, cut between characters.
func head(data []byte) string {
	data = data[:min(len(data), maxShown)]
	for i := 0; i < utf8.UTFMax && !utf8.Valid(data); i++ {
		data = data[:len(data)-1]
	}
	return string(bytes.ToValidUTF8(data, []byte("\uFFFD")))
}

// payloads are a workflow's arguments as JSON, byte for byte as given.
func payloads(args []json.RawMessage) *commonpb.Payloads {
	if len(args) == 0 {
		return nil
	}
	out := &commonpb.Payloads{}
	for _, a := range args {
		out.Payloads = append(out.Payloads, &commonpb.Payload{
			Metadata: map[string][]byte{"encoding": []byte("json/plain")}, Data: a})
	}
	return out
}
