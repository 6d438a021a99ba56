package control

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// olderSchema are the messages of the services that tcld calls, whose files are not published: by the numbers of the fields
// on the wire (temporalio/tcld, protogen/api, v0.14.1 and f89fc4a). A line is a message: name=number and type, with * for
// repeated and % for a map by strings. Enumerations are numbers here. What no command of tcld sends or prints is left out.
const olderSchema = `
RegionID: name=2 string, provider=3 int32
Region: support_global_namespace=3 bool, connectable_regions=4 *RegionID, region_id=5 RegionID
CertificateFilter: common_name=1 string, organization=2 string, organizational_unit=3 string, subject_alternative_name=4 string
ErrorMessage: message=1 string, link=2 string
CustomErrorMessage: default=1 ErrorMessage
Codec: endpoint=1 string, pass_access_token=2 bool, include_credentials=3 bool, custom_error_message=4 CustomErrorMessage
Lifecycle: enable_delete_protection=1 bool
HighAvailability: disable_managed_failover=1 bool
NamespaceSpec: region=1 string, accepted_client_ca=2 string, retention_days=3 int32, search_attributes=4 %int32, certificate_filters=5 *CertificateFilter, codec_spec=8 Codec, passive_regions=9 *string, auth_method=13 int32, region_id=14 RegionID, lifecycle=15 Lifecycle, high_availability=16 HighAvailability, passive_region_ids=17 *RegionID, connectivity_rule_ids=18 *string
NamespaceURI: web=1 string, grpc=2 string, regional_grpc=4 string
Int32Value: value=1 int32
Envelope: actions_per_second=1 int32, actions_per_second_limit=4 Int32Value
NamespaceRegion: region_id=1 RegionID, replica_mode=2 int32, replica_state=3 int32
Namespace: namespace=1 string, resource_version=2 string, spec=3 NamespaceSpec, state=4 int32, request_id=5 string, uri=7 NamespaceURI, envelope=9 Envelope, regions=12 *NamespaceRegion, tags=15 %string
RequestStatus: request_id=2 string, state=3 int32, check_duration=4 Duration, operation_type=5 string, resource_id=6 string, failure_reason=8 string, start_time=9 Timestamp, finish_time=10 Timestamp
Permissions: user_id=1 string
Status: request_status=1 RequestStatus
CreateNamespaceRequest: namespace=1 string, spec=2 NamespaceSpec, request_id=3 string, user_namespace_permissions=4 *Permissions, identity_namespace_permissions=5 *Permissions, tags=6 %string
Page: page_size=1 int32, page_token=2 string
ListNamespacesResponse: namespaces=1 *string, next_page_token=2 string
GetNamespacesResponse: namespaces=1 *Namespace, next_page_token=2 string
GetNamespaceRequest: namespace=1 string
GetNamespaceResponse: namespace=1 Namespace
UpdateNamespaceRequest: namespace=1 string, spec=2 NamespaceSpec, resource_version=3 string, request_id=4 string
DeleteNamespaceRequest: namespace=1 string, resource_version=2 string, request_id=3 string
RenameRequest: namespace=1 string, existing=2 string, new=3 string, resource_version=4 string, request_id=5 string
GetRequestStatusRequest: request_id=2 string
AccountSpec:
Account: resource_version=1 string, spec=2 AccountSpec, state=3 int32, cloud_providers_available=13 *int32
Nothing:
GetAccountResponse: account=1 Account
GetRegionsResponse: regions=1 *Region
Owner: owner_id=1 string, owner_type=2 int32
KeySpec: access_type=1 int32, display_name=2 string, description=3 string, expiry_time=4 Timestamp, disabled=5 bool
Key: id=1 string, owner=2 Owner, spec=3 KeySpec, resource_version=4 string, state=5 int32, created_time=7 Timestamp, last_modified_time=8 Timestamp
CreateKeyRequest: spec=1 KeySpec, request_id=2 string
CreateRobotKeyRequest: service_account_id=1 string, spec=2 KeySpec, request_id=3 string
CreateKeyResponse: id=1 string, secret_key=2 string, request_status=3 RequestStatus
GetKeysRequest: page_size=1 int32, page_token=2 string, owner_id=3 string, owner_type=5 string
GetKeysResponse: api_keys=1 *Key, next_page_token=2 string
ByID: id=1 string
GetKeyResponse: api_key=1 Key
DeleteRequest: id=1 string, resource_version=2 string, request_id=3 string
DeleteKeyResponse: request_status=3 RequestStatus
UpdateKeyRequest: id=1 string, spec=2 KeySpec, resource_version=3 string, request_id=4 string
AccountAccess: role=1 int32
NamespaceAccess: permission=1 int32
Access: account_access=1 AccountAccess, namespace_accesses=2 %NamespaceAccess
Scope: type=1 int32
RobotSpec: name=1 string, access=2 Access, description=3 string, scope=4 Scope
Robot: id=1 string, resource_version=2 string, spec=3 RobotSpec, state=4 int32, created_time=6 Timestamp, last_modified_time=7 Timestamp
GetRobotsResponse: service_account=1 *Robot, next_page_token=2 string
GetRobotResponse: service_account=1 Robot
CreateRobotRequest: spec=1 RobotSpec, request_id=2 string
CreateRobotResponse: service_account_id=1 string, request_status=2 RequestStatus
UpdateRobotRequest: id=1 string, spec=2 RobotSpec, resource_version=3 string, request_id=4 string
`

// olderTypes are the messages of olderSchema.
var olderTypes = sync.OnceValue(func() protoreflect.MessageDescriptors {
	file := &descriptorpb.FileDescriptorProto{Name: proto.String("older.proto"), Package: proto.String("older"), Syntax: proto.String("proto3"),
		Dependency: []string{"google/protobuf/timestamp.proto", "google/protobuf/duration.proto"}}
	_, _ = timestamppb.File_google_protobuf_timestamp_proto, durationpb.File_google_protobuf_duration_proto // registered by these
	for line := range strings.Lines(strings.TrimPrefix(olderSchema, "\n")) {
		name, fields, _ := strings.Cut(strings.TrimSpace(line), ":")
		m := &descriptorpb.DescriptorProto{Name: &name}
		for _, f := range strings.FieldsFunc(fields, func(r rune) bool { return r == ',' }) {
			addField(m, f)
		}
		file.MessageType = append(file.MessageType, m)
	}
	built, err := protodesc.NewFile(file, protoregistry.GlobalFiles)
	if err != nil {
		panic(err) // the schema above is wrong: TestOlderSchema shows it
	}
	return built.Messages()
})

// addField adds " name=number type" to a message.
func addField(m *descriptorpb.DescriptorProto, text string) {
	var name, kind string
	var number int32
	if _, err := fmt.Sscanf(strings.Replace(text, "=", " ", 1), "%s %d %s", &name, &number, &kind); err != nil {
		panic(err)
	}
	label := descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL
	if strings.HasPrefix(kind, "*") {
		label = descriptorpb.FieldDescriptorProto_LABEL_REPEATED
	}
	if of, ok := strings.CutPrefix(kind, "%"); ok {
		entry := "" // the name that a map's entries must have
		for word := range strings.SplitSeq(name, "_") {
			entry += strings.ToUpper(word[:1]) + word[1:]
		}
		entry += "Entry"
		nested := &descriptorpb.DescriptorProto{Name: &entry, Options: &descriptorpb.MessageOptions{MapEntry: proto.Bool(true)}}
		addField(nested, "key=1 string")
		addField(nested, "value=2 "+of)
		m.NestedType = append(m.NestedType, nested)
		label, kind = descriptorpb.FieldDescriptorProto_LABEL_REPEATED, m.GetName()+"."+entry
	}
	f := &descriptorpb.FieldDescriptorProto{Name: &name, Number: &number, Label: &label}
	switch kind = strings.TrimPrefix(kind, "*"); kind {
	case "string":
		f.Type = descriptorpb.FieldDescriptorProto_TYPE_STRING.Enum()
	case "int32":
		f.Type = descriptorpb.FieldDescriptorProto_TYPE_INT32.Enum()
	case "bool":
		f.Type = descriptorpb.FieldDescriptorProto_TYPE_BOOL.Enum()
	case "Timestamp", "Duration":
		f.Type, f.TypeName = descriptorpb.FieldDescriptorProto_TYPE_MESSAGE.Enum(), proto.String(".google.protobuf."+kind)
	default:
		f.Type, f.TypeName = descriptorpb.FieldDescriptorProto_TYPE_MESSAGE.Enum(), proto.String(".older."+kind)
	}
	m.Field = append(m.Field, f)
}

// record is a message of olderSchema, read and written by the names there. A name that is not there is a mistake here.
type record struct{ protoreflect.Message }

func newRecord(name string) record {
	return record{dynamicpb.NewMessage(olderTypes().ByName(protoreflect.Name(name)))}
}

func (r record) field(name string) protoreflect.FieldDescriptor {
	return r.Descriptor().Fields().ByName(protoreflect.Name(name))
}

func (r record) text(name string) string { return r.Get(r.field(name)).String() }
func (r record) num(name string) int32   { return int32(r.Get(r.field(name)).Int()) }
func (r record) yes(name string) bool    { return r.Get(r.field(name)).Bool() }
func (r record) has(name string) bool    { return r.Has(r.field(name)) }
func (r record) sub(name string) record  { return record{r.Get(r.field(name)).Message()} }

// in is the message of a field, to be written; add is another one of a repeated field.
func (r record) in(name string) record { return record{r.Mutable(r.field(name)).Message()} }
func (r record) add(name string) record {
	return record{r.Mutable(r.field(name)).List().AppendMutable().Message()}
}

// under is the message of a key of a map, to be written.
func (r record) under(name, key string) record {
	return record{r.Mutable(r.field(name)).Map().Mutable(protoreflect.ValueOfString(key).MapKey()).Message()}
}

// each are the messages of a repeated field.
func (r record) each(name string) []record {
	var out []record
	for l, i := r.Get(r.field(name)).List(), 0; i < l.Len(); i++ {
		out = append(out, record{l.Get(i).Message()})
	}
	return out
}

func (r record) texts(name string) []string {
	var out []string
	for l, i := r.Get(r.field(name)).List(), 0; i < l.Len(); i++ {
		out = append(out, l.Get(i).String())
	}
	return out
}

// entries are a map.
func (r record) entries(name string) map[string]protoreflect.Value {
	out := map[string]protoreflect.Value{}
	r.Get(r.field(name)).Map().Range(func(k protoreflect.MapKey, v protoreflect.Value) bool {
		out[k.String()] = v
		return true
	})
	return out
}

// moment is a Timestamp, nil for none.
func (r record) moment(name string) *timestamppb.Timestamp {
	if !r.has(name) {
		return nil
	}
	m := r.Get(r.field(name)).Message()
	fields := m.Descriptor().Fields()
	return &timestamppb.Timestamp{Seconds: m.Get(fields.ByName("seconds")).Int(), Nanos: int32(m.Get(fields.ByName("nanos")).Int())}
}

// put sets a field.
func (r record) put(name string, value any) {
	fd := r.field(name)
	switch v := value.(type) {
	case string:
		r.Set(fd, protoreflect.ValueOfString(v))
	case int32:
		r.Set(fd, protoreflect.ValueOfInt32(v))
	case bool:
		r.Set(fd, protoreflect.ValueOfBool(v))
	case []string:
		for _, s := range v {
			r.Mutable(fd).List().Append(protoreflect.ValueOfString(s))
		}
	case []int32:
		for _, n := range v {
			r.Mutable(fd).List().Append(protoreflect.ValueOfInt32(n))
		}
	case map[string]string:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			r.Mutable(fd).Map().Set(protoreflect.ValueOfString(k).MapKey(), protoreflect.ValueOfString(v[k]))
		}
	case map[string]int32:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			r.Mutable(fd).Map().Set(protoreflect.ValueOfString(k).MapKey(), protoreflect.ValueOfInt32(v[k]))
		}
	case *timestamppb.Timestamp:
		if v != nil {
			r.span(fd, v.GetSeconds(), v.GetNanos())
		}
	case *durationpb.Duration:
		if v != nil {
			r.span(fd, v.GetSeconds(), v.GetNanos())
		}
	default:
		panic(fmt.Sprintf("no field is set from a %T", value))
	}
}

// span sets a Timestamp or a Duration.
func (r record) span(fd protoreflect.FieldDescriptor, seconds int64, nanos int32) {
	m := r.Mutable(fd).Message()
	m.Set(m.Descriptor().Fields().ByName("seconds"), protoreflect.ValueOfInt64(seconds))
	m.Set(m.Descriptor().Fields().ByName("nanos"), protoreflect.ValueOfInt32(nanos))
}
