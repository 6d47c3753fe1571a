package dev.reslora.serving.refresh;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Servers of language models, and how each is told of an adapter over HTTP. */
public enum ServerKind {
  /** vLLM's OpenAI server; needs VLLM_ALLOW_RUNTIME_LORA_UPDATING. */
  VLLM {
    @Override
    HttpRequest.Builder load(URI base, String name, String path) {
      return loadNamed(base, "/v1", name, path);
    }

    @Override
    Optional<HttpRequest.Builder> unload(URI base, String name) {
      return Optional.of(unloadNamed(base, "/v1", name));
    }
  },

  /** SGLang's native server, started with --enable-lora. */
  SGLANG {
    @Override
    HttpRequest.Builder load(URI base, String name, String path) {
      return loadNamed(base, "", name, path);
    }

    @Override
    Optional<HttpRequest.Builder> unload(URI base, String name) {
      return Optional.of(unloadNamed(base, "", name));
    }

    @Override
    boolean succeeded(String body) {
      return json(body).path("success").asBoolean(true);
    }

    @Override
    boolean absent(int status) {
      return status == 400;
    }
  },

  /** DJL Serving; the address may end in /models/MODEL, and must where there are several models. */
  DJL {
    @Override
    HttpRequest.Builder load(URI base, String name, String path) {
      String query = "?name=" + encoded(name) + "&src=" + encoded(path);
      return request(base, "/adapters" + query).POST(BodyPublishers.noBody());
    }

    @Override
    Optional<HttpRequest.Builder> unload(URI base, String name) {
      return Optional.of(request(base, "/adapters/" + encoded(name)).DELETE());
    }

    @Override
    Optional<HttpRequest.Builder> list(URI base) {
      return Optional.of(get(base, "/adapters?limit=10000"));
    }

    @Override
    Set<String> names(JsonNode listing) {
      return texts(listing.path("adapters"), "name");
    }
  },

  /**
   * LoRAX, where a request names its adapter's directory and the server loads what it does not have
   * and drops what it has not used for long. So one token is asked for, which loads it.
   */
  LORAX {
    @Override
    HttpRequest.Builder load(URI base, String name, String path) {
      Map<String, Object> parameters =
          Map.of("adapter_id", path, "adapter_source", "local", "max_new_tokens", 1);
      return post(base, "/generate", Map.of("inputs", "a", "parameters", parameters));
    }

    @Override
    Optional<HttpRequest.Builder> unload(URI base, String name) {
      return Optional.empty();
    }

    @Override
    Optional<HttpRequest.Builder> list(URI base) {
      return Optional.empty();
    }
  };

  private static final ObjectMapper JSON = new ObjectMapper();

  /** As commands name it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  abstract HttpRequest.Builder load(URI base, String name, String path);

  /** Empty where the server drops adapters by itself. */
  abstract Optional<HttpRequest.Builder> unload(URI base, String name);

  /** Asks what it has; empty where the server does not say. By default as OpenAI's servers do. */
  Optional<HttpRequest.Builder> list(URI base) {
    return Optional.of(get(base, "/v1/models"));
  }

  /** The adapters in a listing, whatever else is in it. */
  Set<String> names(JsonNode listing) {
    return texts(listing.path("data"), "id");
  }

  /** Whether a refused unloading means that there is no such adapter. */
  boolean absent(int status) {
    return status == 404;
  }

  /** Whether the body of a status of success says so too. */
  boolean succeeded(String body) {
    return true;
  }

  /** What a body says; nothing where it is no JSON. */
  static JsonNode json(String body) {
    try {
      return JSON.readTree(body);
    } catch (JsonProcessingException e) {
      return JSON.missingNode();
    }
  }

  private static HttpRequest.Builder loadNamed(URI base, String root, String name, String path) {
    return post(base, root + "/load_lora_adapter", Map.of("lora_name", name, "lora_path", path));
  }

  private static HttpRequest.Builder unloadNamed(URI base, String root, String name) {
    return post(base, root + "/unload_lora_adapter", Map.of("lora_name", name));
  }

  private static HttpRequest.Builder get(URI base, String path) {
    return request(base, path).GET();
  }

  private static HttpRequest.Builder post(URI base, String path, Map<String, Object> body) {
    try {
      return request(base, path)
          .header("Content-Type", "application/json")
          .POST(BodyPublishers.ofString(JSON.writeValueAsString(body)));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("texts and numbers must be JSON", e);
    }
  }

  private static HttpRequest.Builder request(URI base, String path) {
    return HttpRequest.newBuilder(URI.create(base.toString().replaceAll("/+$", "") + path));
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private static Set<String> texts(JsonNode array, String field) {
    Set<String> texts = new TreeSet<>();
    array.forEach(item -> texts.add(item.path(field).asText()));
    return texts;
  }
}
