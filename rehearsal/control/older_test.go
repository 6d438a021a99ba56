package control

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.temporal.io/cloud-sdk/api/cloudservice/v1"
	opspb "go.temporal.io/cloud-sdk/api/operation/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// bytesCodec sends and takes messages as they are on the wire.
type bytesCodec struct{}

func (bytesCodec) Marshal(v any) ([]byte, error)      { return v.([]byte), nil }
func (bytesCodec) Unmarshal(data []byte, v any) error { *v.(*[]byte) = data; return nil }
func (bytesCodec) Name() string                       { return "proto" }

// field is one field of a message by its number: a string, an int or fields.
type field struct {
	n int
	v any
}

func wire(fields []field) (out []byte) {
	for _, f := range fields {
		n := protowire.Number(f.n)
		switch v := f.v.(type) {
		case string:
			out = protowire.AppendString(protowire.AppendTag(out, n, protowire.BytesType), v)
		case int:
			out = protowire.AppendVarint(protowire.AppendTag(out, n, protowire.VarintType), uint64(v))
		case []field:
			out = protowire.AppendBytes(protowire.AppendTag(out, n, protowire.BytesType), wire(v))
		}
	}
	return out
}

// at is what stands in a message at a path of numbers, as "1.3.2": all of a repeated field, with commas between.
func at(t *testing.T, message []byte, path string) string {
	t.Helper()
	head, rest, deeper := strings.Cut(path, ".")
	want, _ := strconv.Atoi(head)
	var found []string
	for len(message) > 0 {
		n, kind, size := protowire.ConsumeTag(message)
		if size < 0 {
			t.Fatal(protowire.ParseError(size))
		}
		message = message[size:]
		size = protowire.ConsumeFieldValue(n, kind, message)
		if size < 0 {
			t.Fatal(protowire.ParseError(size))
		}
		value := message[:size]
		message = message[size:]
		if int(n) != want {
			continue
		}
		switch kind {
		case protowire.VarintType:
			v, _ := protowire.ConsumeVarint(value)
			found = append(found, fmt.Sprint(v))
		case protowire.BytesType:
			v, _ := protowire.ConsumeBytes(value)
			if deeper {
				found = append(found, at(t, v, rest))
			} else {
				found = append(found, string(v))
			}
		}
	}
	return strings.Join(found, ",")
}

// older is a caller of the older services as tcld is one.
type olderCaller struct {
	w       *world
	key     string
	version string // of the API
}

const (
	tcldOld = "2023-07-26-01" // v0.14.1
	tcldNew = "2025-07-09-00" // f89fc4a
)

func (c olderCaller) call(method string, fields ...field) ([]byte, error) {
	c.w.t.Helper()
	conn, err := grpc.NewClient(c.w.address, grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{InsecureSkipVerify: true})))
	if err != nil {
		c.w.t.Fatal(err)
	}
	defer conn.Close()
	ctx := metadata.AppendToOutgoingContext(context.Background(), "authorization", "Bearer "+c.key, versionHeader, c.version)
	var out []byte
	err = conn.Invoke(ctx, "/"+method, wire(fields), &out, grpc.ForceCodec(bytesCodec{}))
	return out, err
}

// must is a call that is answered.
func (c olderCaller) must(method string, fields ...field) []byte {
	c.w.t.Helper()
	out, err := c.call(method, fields...)
	if err != nil {
		c.w.t.Fatalf("%s: %v", method, err)
	}
	return out
}

func (w *world) older(r Role, version string) olderCaller {
	w.t.Helper()
	secret, err := w.NewKey(testAccount, r, "tcld", time.Hour)
	if err != nil {
		w.t.Fatal(err)
	}
	return olderCaller{w, string(secret.Reveal()), version}
}

const (
	nsService   = "api.namespaceservice.v1.NamespaceService/"
	authService = "api.authservice.v1.AuthService/"
)

// TestOlder: what tcld sends, in its two ages, by the numbers of its fields, and what it reads of the answers.
func TestOlder(t *testing.T) {
	for name, c := range map[string]struct {
		version string
		region  field
	}{
		"v0.14.1": {tcldOld, field{1, "us-east-1"}},
		"f89fc4a": {tcldNew, field{14, []field{{2, "us-east-1"}, {3, 1}}}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, Options{})
			tcld := w.older(Owner, c.version)
			first, second := ca(t, "first", 300), ca(t, "second", 300)
			b64 := base64.StdEncoding.EncodeToString
			spec := []field{c.region, {2, b64(first)}, {3, 7}, {4, []field{{1, "CustomerId"}, {2, 1}}}}
			if c.version == tcldNew {
				spec = append(spec, field{13, 2}, field{15, []field{}})
			}
			out := tcld.must(nsService+"CreateNamespace", field{1, "orders"}, field{2, spec}, field{3, "mine"})
			if got := at(t, out, "1.2") + " " + at(t, out, "1.3") + " " + at(t, out, "1.6"); got != "mine 1 orders.a2dd6" {
				t.Errorf("the request is %s", got)
			}
			if got := w.ends(&opspb.AsyncOperation{Id: "mine"}).GetState(); got != opspb.AsyncOperation_STATE_FULFILLED {
				t.Fatal(got)
			}
			status := tcld.must("api.requestservice.v1.RequestService/GetRequestStatus", field{2, "mine"})
			if at(t, status, "1.3") != "5" {
				t.Errorf("the request ended as %s", at(t, status, "1.3"))
			}
			if got := at(t, tcld.must(nsService+"ListNamespaces"), "1"); got != "orders.a2dd6" {
				t.Errorf("the list is %q", got)
			}
			// What another client sets, and no older field holds, outlives a change by tcld.
			now := w.get("orders.a2dd6")
			described := proto.CloneOf(now.GetSpec())
			described.Description = "money"
			made, err := w.owner.UpdateNamespace(t.Context(), &cloudservice.UpdateNamespaceRequest{Namespace: "orders.a2dd6", Spec: described, ResourceVersion: now.GetResourceVersion()})
			if err != nil {
				t.Fatal(err)
			}
			w.ends(made.GetAsyncOperation())

			have := tcld.must(nsService+"GetNamespace", field{1, "orders.a2dd6"})
			for path, want := range map[string]string{"1.1": "orders.a2dd6", "1.4": "3", "1.3.1": "us-east-1", "1.3.14.2": "us-east-1", "1.3.14.3": "1", "1.3.13": "2", "1.3.3": "7",
				"1.3.4.1": "CustomerId", "1.3.4.2": "1", "1.3.2": b64(normal(first)), "1.9.1": "500", "1.9.4.1": "500"} {
				if got := at(t, have, path); got != want {
					t.Errorf("field %s is %q, want %q", path, got, want)
				}
			}
			changed := []field{c.region, {2, b64(append(first, second...))}, {3, 9}, {4, []field{{1, "CustomerId"}, {2, 1}}}, {4, []field{{1, "Tags"}, {2, 7}}}, {5, []field{{1, "worker"}, {4, "x"}}}}
			ask := []field{{1, "orders.a2dd6"}, {2, changed}, {3, at(t, have, "1.2")}, {4, "two"}}
			tcld.must(nsService+"UpdateNamespace", ask...)
			if again := tcld.must(nsService+"UpdateNamespace", ask...); at(t, again, "1.2") != "two" {
				t.Errorf("sent again it is request %s", at(t, again, "1.2"))
			}
			if got := w.ends(&opspb.AsyncOperation{Id: "two"}); got.GetState() != opspb.AsyncOperation_STATE_FULFILLED {
				t.Fatal(got)
			}
			after := w.get("orders.a2dd6").GetSpec()
			if after.GetDescription() != "money" || after.GetRetentionDays() != 9 || len(after.GetSearchAttributes()) != 2 || !after.GetMtlsAuth().GetEnabled() ||
				string(after.GetMtlsAuth().GetAcceptedClientCa()) != string(normal(append(first, second...))) || after.GetMtlsAuth().GetCertificateFilters()[0].GetSubjectAlternativeName() != "x" {
				t.Errorf("afterwards: %v", after)
			}
			key := tcld.must(authService+"CreateAPIKey", field{1, []field{{1, 1}, {2, "mine"}, {4, []field{{1, int(time.Now().Add(time.Hour).Unix())}}}}}, field{2, "key"})
			w.ends(&opspb.AsyncOperation{Id: "key"})
			if _, err := (olderCaller{w, at(t, key, "2"), c.version}).call("api.accountservice.v1.AccountService/GetAccount"); err != nil {
				t.Errorf("with the key that was made: %v", err)
			}
		})
	}
}

// TestOlderRefuses: roles are those of CloudService, and what cannot be done is refused as there or said to be unknown.
func TestOlderRefuses(t *testing.T) {
	w := newWorld(t, Options{})
	w.made("payments")
	owner := w.older(Owner, tcldNew)
	version := at(t, owner.must(nsService+"GetNamespace", field{1, "payments.a2dd6"}), "1.2")
	bundle := base64.StdEncoding.EncodeToString(w.get("payments.a2dd6").GetSpec().GetMtlsAuth().GetAcceptedClientCa())
	region := field{14, []field{{2, "us-east-1"}, {3, 1}}}
	update := func(version string, spec ...field) []field {
		return []field{{1, "payments.a2dd6"}, {2, append([]field{region}, spec...)}, {3, version}}
	}
	for _, c := range []struct {
		name   string
		who    olderCaller
		method string
		fields []field
		code   codes.Code
		text   string
	}{
		{"a reader changes", w.older(ReadOnly, tcldNew), nsService + "UpdateNamespace", update(version, field{2, bundle}, field{3, 7}), codes.PermissionDenied, "Request unauthorized"},
		{"a reader creates", w.older(ReadOnly, tcldNew), nsService + "CreateNamespace", []field{{1, "x"}}, codes.PermissionDenied, "Request unauthorized"},
		{"a reader makes a service account", w.older(ReadOnly, tcldNew), authService + "CreateServiceAccount", []field{{1, []field{{1, "x"}, {2, []field{{1, []field{{1, 1}}}}}}}}, codes.PermissionDenied, "Request unauthorized"},
		{"nobody lists", olderCaller{w, "nonsense", tcldNew}, nsService + "ListNamespaces", nil, codes.Unauthenticated, "not known"},
		{"no version", olderCaller{w, owner.key, ""}, "api.nothing.v1.Nothing/Get", nil, codes.Unimplemented, "unknown"},
		{"a method that is not served", owner, nsService + "FailoverNamespace", nil, codes.Unimplemented, "unknown"},
		{"nothing to change", owner, nsService + "UpdateNamespace", update(version, field{2, bundle}, field{3, 30}), codes.InvalidArgument, "nothing to change"},
		{"PEM in the place of base64", owner, nsService + "UpdateNamespace", update(version, field{2, "-----BEGIN CERTIFICATE-----"}, field{3, 30}), codes.InvalidArgument, "not base64"},
		{"base64 twice", owner, nsService + "UpdateNamespace", update(version, field{2, base64.StdEncoding.EncodeToString([]byte(bundle))}, field{3, 30}), codes.InvalidArgument, "invalid ca certificate"},
		{"the last CA removed", owner, nsService + "UpdateNamespace", update(version, field{3, 30}), codes.InvalidArgument, "accepted_client_ca is empty"},
		{"a stale version", owner, nsService + "UpdateNamespace", update("old", field{2, bundle}, field{3, 7}), codes.FailedPrecondition, "resource_version"},
		{"another region", owner, nsService + "UpdateNamespace", []field{{1, "payments.a2dd6"}, {2, []field{{14, []field{{2, "eu-west-1"}, {3, 1}}}, {2, bundle}, {3, 30}}}, {3, version}}, codes.InvalidArgument, "regions"},
		{"a second region", owner, nsService + "UpdateNamespace", update(version, field{2, bundle}, field{3, 30}, field{17, []field{{2, "eu-west-1"}, {3, 1}}}), codes.InvalidArgument, "one region"},
		{"a type that is none", owner, nsService + "UpdateNamespace", update(version, field{2, bundle}, field{3, 30}, field{4, []field{{1, "A"}, {2, 99}}}), codes.InvalidArgument, "type 99"},
		{"a method of signing in that is none", owner, nsService + "UpdateNamespace", update(version, field{2, bundle}, field{3, 30}, field{13, 9}), codes.InvalidArgument, "auth_method 9"},
		{"both methods, which the account has not", owner, nsService + "UpdateNamespace", update(version, field{2, bundle}, field{3, 30}, field{13, olderKeyOrMTLS}), codes.InvalidArgument, "on request alone"},
		{"both methods at create", owner, nsService + "CreateNamespace", []field{{1, "orders"}, {2, []field{region, {2, bundle}, {3, 30}, {13, olderKeyOrMTLS}}}}, codes.InvalidArgument, "cannot create namespace with provided auth method"},
		{"nobody may sign in", owner, nsService + "UpdateNamespace", update(version, field{2, bundle}, field{3, 30}, field{13, 1}), codes.InvalidArgument, "neither"},
		{"a field of later", owner, nsService + "UpdateNamespace", update(version, field{2, bundle}, field{3, 30}, field{99, "new"}), codes.InvalidArgument, "does not know"},
		{"permissions of others at create", owner, nsService + "CreateNamespace", []field{{1, "x"}, {2, []field{region}}, {4, []field{{1, "somebody"}}}}, codes.Unimplemented, "permissions"},
		{"a provider that is none", owner, nsService + "CreateNamespace", []field{{1, "x"}, {2, []field{{14, []field{{2, "us-east-1"}}}, {2, bundle}, {3, 30}}}}, codes.InvalidArgument, "provider"},
		{"a service account's role that is none", owner, authService + "CreateServiceAccount", []field{{1, []field{{1, "x"}}}}, codes.InvalidArgument, "role 0"},
		{"keys of an owner that is none", owner, authService + "GetAPIKeys", []field{{5, "robot"}}, codes.InvalidArgument, "owner_type"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := c.who.call(c.method, c.fields...)
			if status.Code(err) != c.code || !strings.Contains(status.Convert(err).Message(), c.text) {
				t.Errorf("%v, want %s with %q", err, c.code, c.text)
			}
		})
	}
	if got := w.get("payments.a2dd6").GetResourceVersion(); got != version {
		t.Error("something was changed")
	}
}

// TestOlderSchema: every call names messages that are there, and each field has a number of its own.
func TestOlderSchema(t *testing.T) {
	for _, c := range olderCalls {
		for _, name := range []string{c.in, c.out} {
			if olderTypes().ByName(protoreflect.Name(name)) == nil {
				t.Errorf("%s: no message %s", c.path, name)
			}
		}
		if _, ok := needs[c.as]; !ok {
			t.Errorf("%s is judged as %s, which the table of permissions does not have", c.path, c.as)
		}
	}
}
