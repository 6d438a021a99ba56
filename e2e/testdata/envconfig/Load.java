package moneytransferapp;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.temporal.envconfig.ClientConfigProfile;
import io.temporal.envconfig.LoadClientConfigProfileOptions;

import java.util.HashMap;
import java.util.Map;

/** Reads environments by name on stdin and writes what the Java SDK's loader makes of each. */
public class Load {
    @SuppressWarnings("unchecked")
    public static void main(String[] args) throws Exception {
        ObjectMapper json = new ObjectMapper();
        Map<String, Map<String, String>> cases = json.readValue(System.in, Map.class);
        Map<String, Map<String, String>> out = new HashMap<>();
        for (String name : cases.keySet()) {
            ClientConfigProfile p = ClientConfigProfile.load(
                    LoadClientConfigProfileOptions.newBuilder().setEnvOverrides(cases.get(name)).build());
            Map<String, String> got = new HashMap<>();
            got.put("address", p.getAddress());
            got.put("namespace", p.getNamespace());
            got.put("api_key", p.getApiKey());
            if (p.getTls() != null) {
                got.put("cert", p.getTls().getClientCertPath());
                got.put("key", p.getTls().getClientKeyPath());
                got.put("server_name", p.getTls().getServerName());
            }
            out.put(name, got);
        }
        System.out.println(json.writeValueAsString(out));
    }
}
