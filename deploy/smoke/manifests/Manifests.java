import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.yaml.snakeyaml.Yaml;

/**
 * Validates Kubernetes manifests as strictly as an API server would: no unknown field, every type
 * right. Flink's resources against the operator's definitions, all others against the official Java
 * client's models. Run from source: {@code java -cp 'lib/*' Manifests.java FILE...}; or, for a compose
 * file, {@code --schema SCHEMA FILE...}.
 */
final class Manifests {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Kinds that neither source defines: they belong to operators that may not be there. */
  private static final List<String> NOT_VALIDATED = List.of("monitoring.coreos.com/v1 PodMonitor");

  private static final Map<String, String> FLINK =
      Map.of(
          "FlinkDeployment", "flinkdeployments",
          "FlinkSessionJob", "flinksessionjobs",
          "FlinkStateSnapshot", "flinkstatesnapshots");

  /** The operator on Maven Central is older than Flink 2.3; newer ones differ in this list. */
  private static final String FLINK_VERSION = "v2_3";

  private Manifests() {}

  public static void main(String[] args) throws Exception {
    List<String> problems = new ArrayList<>();
    boolean schema = args[0].equals("--schema");
    int documents = 0;
    for (int i = schema ? 2 : 0; i < args.length; i++) {
      for (JsonNode document : documents(Path.of(args[i]))) {
        String name = args[i] + ": " + name(document);
        List<String> found = schema ? against(read(Path.of(args[1])), document) : validate(document);
        found.forEach(problem -> problems.add(name + ": " + problem));
        documents++;
      }
    }
    problems.forEach(System.out::println);
    System.out.printf("%d documents, %d problems%n", documents, problems.size());
    System.exit(problems.isEmpty() && documents > 0 ? 0 : 1);
  }

  /** With YAML's anchors and merges resolved. */
  private static List<JsonNode> documents(Path file) throws IOException {
    List<JsonNode> documents = new ArrayList<>();
    for (Object document : new Yaml().loadAll(Files.readString(file))) {
      if (document != null) {
        documents.add(JSON.valueToTree(document));
      }
    }
    return documents;
  }

  private static JsonNode read(Path schema) throws IOException {
    JsonNode read = JSON.readTree(Files.readString(schema));
    dropIds(read);
    return read;
  }

  /** The compose specification's schema has draft 4's ids beside draft 7's words. */
  private static void dropIds(JsonNode schema) {
    if (schema instanceof ObjectNode object && object.path("id").isTextual()) {
      object.remove("id");
    }
    schema.forEach(Manifests::dropIds);
  }

  private static String name(JsonNode document) {
    return document.path("kind").asText("") + " " + document.at("/metadata/name").asText("");
  }

  private static List<String> validate(JsonNode document) throws Exception {
    String version = document.path("apiVersion").asText();
    String kind = document.path("kind").asText();
    if (NOT_VALIDATED.contains(version + " " + kind)) {
      System.out.println("not validated: " + version + " " + kind);
      return List.of();
    }
    return version.startsWith("flink.apache.org/")
        ? against(operatorSchema(kind), document)
        : kubernetes(version, kind, document);
  }

  private static JsonNode operatorSchema(String kind) throws IOException {
    String plural = FLINK.get(kind);
    String resource = "META-INF/fabric8/" + plural + ".flink.apache.org-v1.yml";
    try (InputStream in = Manifests.class.getClassLoader().getResourceAsStream(resource)) {
      if (plural == null || in == null) {
        throw new IOException("the operator has no kind " + kind);
      }
      ObjectNode schema =
          (ObjectNode)
              JSON.valueToTree(new Yaml().load(in)).at("/spec/versions/0/schema/openAPIV3Schema");
      ObjectNode properties = (ObjectNode) schema.get("properties");
      for (String common : List.of("apiVersion", "kind")) {
        properties.putObject(common).put("type", "string");
      }
      properties.putObject("metadata").put("type", "object");
      if (schema.at("/properties/spec/properties/flinkVersion/enum") instanceof ArrayNode versions) {
        versions.add(FLINK_VERSION);
      }
      refuseUnknown(schema);
      return schema;
    }
  }

  /** An API server prunes what the definition does not name; here that is a mistake. */
  private static void refuseUnknown(JsonNode schema) {
    if (schema instanceof ObjectNode object
        && object.path("properties").isObject()
        && !object.has("additionalProperties")
        && !object.path("x-kubernetes-preserve-unknown-fields").asBoolean()) {
      object.put("additionalProperties", false);
    }
    schema.forEach(Manifests::refuseUnknown);
  }

  private static List<String> against(JsonNode schema, JsonNode document) {
    VersionFlag draft =
        schema.path("$schema").asText().contains("2019-09")
            ? VersionFlag.V201909
            : schema.path("$schema").asText().contains("2020-12")
                ? VersionFlag.V202012
                : VersionFlag.V7;
    JsonSchema compiled = JsonSchemaFactory.getInstance(draft).getSchema(schema);
    return compiled.validate(document).stream().map(Object::toString).toList();
  }

  /** The client's models know their fields and required ones: V1PodDisruptionBudget, ... */
  private static List<String> kubernetes(String version, String kind, JsonNode document)
      throws Exception {
    String group = version.substring(version.indexOf('/') + 1);
    String model =
        "io.kubernetes.client.openapi.models."
            + group.substring(0, 1).toUpperCase(Locale.ROOT)
            + group.substring(1)
            + kind;
    try {
      Class.forName(model)
          .getMethod("validateJsonElement", JsonElement.class)
          .invoke(null, JsonParser.parseString(document.toString()));
      return List.of();
    } catch (ClassNotFoundException e) {
      return List.of("Kubernetes has no " + version + " " + kind);
    } catch (InvocationTargetException e) {
      return List.of(String.valueOf(e.getCause().getMessage()));
    }
  }
}
