package org.mandate.signer.remote;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mandate.signer.KeyException;
import org.mandate.signer.KeyUnavailableException;

/**
 * Where AWS credentials come from, in this order: a configured file, the environment, or the
 * container that this runs in (ECS, EKS Pod Identity). A file is read again before each use, so
 * that whoever renews it needs not tell; what a container hands out is fetched anew before it runs
 * out.
 */
final class AwsCredentials implements AutoCloseable {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final int FILE_LIMIT = 64 << 10;
  private static final Duration EARLY = Duration.ofMinutes(2);
  private static final String ECS = "http://169.254.170.2";

  /** ECS, and EKS Pod Identity by IPv4 and IPv6: of the link, so no router passes them on. */
  private static final Set<String> HANDING_OUT =
      Set.of("169.254.170.2", "169.254.170.23", "[fd00:ec2::23]");

  /** What signs requests. */
  record Credentials(String accessKeyId, String secretAccessKey, Optional<String> sessionToken) {
    /** Never the secrets. */
    @Override
    public String toString() {
      return "credentials " + accessKeyId;
    }
  }

  private record Fetched(Credentials credentials, Instant until) {}

  private final Optional<Path> file;
  private final String profile;
  private final Map<String, String> environment;
  private final Clock clock;
  private final RemoteHttp http;
  private Optional<Fetched> fetched = Optional.empty();

  AwsCredentials(
      Optional<Path> file,
      String profile,
      Map<String, String> environment,
      Duration timeout,
      Clock clock) {
    this.file = file;
    this.profile = profile;
    this.environment = Map.copyOf(environment);
    this.clock = clock;
    this.http = new RemoteHttp("the container's credentials", timeout, Optional.empty());
  }

  /**
   * @throws KeyException when there are none
   * @throws KeyUnavailableException when they cannot be fetched now
   */
  Credentials current() {
    if (file.isPresent()) {
      return inFile(file.get());
    }
    Optional<String> id = variable("AWS_ACCESS_KEY_ID");
    Optional<String> secret = variable("AWS_SECRET_ACCESS_KEY");
    if (id.isPresent() && secret.isPresent()) {
      return new Credentials(id.get(), secret.get(), variable("AWS_SESSION_TOKEN"));
    }
    return ofContainer();
  }

  private Optional<String> variable(String name) {
    return Optional.ofNullable(environment.get(name)).filter(value -> !value.isBlank());
  }

  /** AWS's shared credentials file: sections in brackets, {@code name = value}. */
  private Credentials inFile(Path path) {
    Map<String, String> values = new HashMap<>();
    try {
      if (Files.size(path) > FILE_LIMIT) {
        throw new KeyException("credentials-file " + path + " is too large");
      }
      String section = "";
      for (String line : Files.readAllLines(path, StandardCharsets.UTF_8)) {
        String text = line.strip();
        if (text.startsWith("[") && text.endsWith("]")) {
          section = text.substring(1, text.length() - 1).strip();
        } else if (section.equals(profile) && !text.startsWith("#") && text.contains("=")) {
          String[] parts = text.split("=", 2);
          values.put(parts[0].strip(), parts[1].strip());
        }
      }
    } catch (IOException e) {
      throw new KeyException(
          "credentials-file " + path + " cannot be read (" + e.getClass().getSimpleName() + ")");
    }
    if (!values.containsKey("aws_access_key_id") || !values.containsKey("aws_secret_access_key")) {
      throw new KeyException(
          "credentials-file %s has no aws_access_key_id and aws_secret_access_key under [%s]"
              .formatted(path, profile));
    }
    return new Credentials(
        values.get("aws_access_key_id"),
        values.get("aws_secret_access_key"),
        Optional.ofNullable(values.get("aws_session_token")));
  }

  private synchronized Credentials ofContainer() {
    if (fetched.filter(f -> clock.instant().isBefore(f.until().minus(EARLY))).isEmpty()) {
      fetched = Optional.of(fetch());
    }
    return fetched.orElseThrow().credentials();
  }

  private Fetched fetch() {
    HttpRequest.Builder request = place();
    token().ifPresent(value -> RemoteHttp.header(request, "authorization", value));
    RemoteHttp.Answer answer = http.send(request.GET().build());
    if (answer.status() != 200) {
      throw new KeyUnavailableException(
          "the container's credentials: HTTP status " + answer.status());
    }
    try {
      JsonNode json = JSON.readTree(answer.body());
      return new Fetched(
          new Credentials(
              required(json, "AccessKeyId"),
              required(json, "SecretAccessKey"),
              Optional.of(json.path("Token").asText()).filter(t -> !t.isEmpty())),
          Instant.parse(required(json, "Expiration")));
    } catch (IOException | DateTimeParseException e) {
      throw new KeyUnavailableException("the container's credentials are not as AWS writes them");
    }
  }

  /** As AWS's own clients have it: over TLS, from this machine, or where ECS and EKS hand out. */
  private HttpRequest.Builder place() {
    Optional<String> relative = variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    Optional<String> full = variable("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    if (relative.isEmpty() && full.isEmpty()) {
      throw new KeyException(
          "no AWS credentials: set credentials-file, or AWS_ACCESS_KEY_ID and"
              + " AWS_SECRET_ACCESS_KEY in the environment, or run in a container that hands them"
              + " out");
    }
    try {
      URI uri = URI.create(relative.map(ECS::concat).orElseGet(full::get));
      boolean handingOut =
          "http".equals(uri.getScheme()) && HANDING_OUT.contains(String.valueOf(uri.getHost()));
      if (!handingOut) {
        RemoteHttp.requirePrivate("it", uri, "the credentials");
      }
      return HttpRequest.newBuilder(uri);
    } catch (IllegalArgumentException e) {
      throw new KeyException(
          "AWS_CONTAINER_CREDENTIALS_%s_URI: %s"
              .formatted(relative.isPresent() ? "RELATIVE" : "FULL", e.getMessage()));
    }
  }

  private Optional<String> token() {
    return variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
        .map(
            name -> {
              try {
                return Files.readString(Path.of(name)).strip();
              } catch (IOException e) {
                throw new KeyUnavailableException(
                    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE cannot be read");
              }
            })
        .or(() -> variable("AWS_CONTAINER_AUTHORIZATION_TOKEN"));
  }

  private static String required(JsonNode json, String name) throws IOException {
    String value = json.path(name).asText();
    if (value.isEmpty()) {
      throw new IOException("no " + name);
    }
    return value;
  }

  @Override
  public void close() {
    http.close();
  }
}
