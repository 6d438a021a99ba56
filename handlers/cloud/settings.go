package cloud

import "onramp/cloud"

// endpointOf is where programs dial a namespace of the rehearsal cloud.
func endpointOf(own cloud.Own, ns cloud.Namespace) string {
	if ns.Auth == cloud.AuthAPIKey {
		return own.KeyAddress()
	}
	return own.Address()
}
