package assess

import (
	"archive/zip"
	"bytes"
	"io"
	"reflect"
	"slices"
	"testing"

	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
)

func workflowServiceDesc() grpc.ServiceDesc {
	d := workflowservice.WorkflowService_ServiceDesc
	d.Methods = slices.Clone(d.Methods)
	return d
}

func operatorServiceDesc() grpc.ServiceDesc {
	d := operatorservice.OperatorService_ServiceDesc
	d.Methods = slices.Clone(d.Methods)
	return d
}

// requestOf is a new request of a method, by the services' own interfaces.
func requestOf(method string) any {
	for _, t := range []reflect.Type{reflect.TypeFor[workflowservice.WorkflowServiceServer](), reflect.TypeFor[operatorservice.OperatorServiceServer]()} {
		if m, ok := t.MethodByName(method); ok {
			return reflect.New(m.Type.In(1).Elem()).Interface()
		}
	}
	return nil
}

// unzipped is all that a zip holds.
func unzipped(t *testing.T, b []byte) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&out, r); err != nil {
			t.Fatal(err)
		}
		r.Close()
	}
	return out.String()
}
