package doctor

import "strings"

// hostAliases are the names by which a container knows its host, and tools their own virtual machine: they mean
// something on that one machine alone. Sources: the documentation of Docker Desktop, Podman, Lima, minikube, k3d and
// Rancher Desktop.
var hostAliases = []string{
	"host.docker.internal", "gateway.docker.internal", "vm.docker.internal", "kubernetes.docker.internal", "docker.for.mac.localhost",
	"docker.for.mac.host.internal", "docker.for.win.localhost", "docker.for.win.host.internal", "host.containers.internal", "gateway.containers.internal",
	"host.lima.internal", "host.minikube.internal", "control-plane.minikube.internal", "host.k3d.internal", "host.rancher-desktop.internal", "host.orb.internal",
	"host-gateway", "localstack", "localhost.localdomain",
}

// aliasSuffixes end names that only a cluster or a machine knows: Kubernetes services, and names reserved by RFC 6761
// and RFC 6762.
var aliasSuffixes = []string{".svc", ".svc.cluster.local", ".cluster.local", ".docker.internal", ".containers.internal", ".orb.local", ".localhost", ".local", ".consul"}

// isAlias reports whether a host name is known in one container network or on one machine only: the alias of a
// container's host, a Kubernetes service, or one word, as Compose names its services.
func isAlias(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if host == "" || host == "localhost" {
		return false
	}
	for _, a := range hostAliases {
		if host == a {
			return true
		}
	}
	for _, s := range aliasSuffixes {
		if strings.HasSuffix(host, s) {
			return true
		}
	}
	return !strings.ContainsAny(host, ".:")
}
