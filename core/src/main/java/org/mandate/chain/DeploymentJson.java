package org.mandate.chain;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Deployments as JSON. */
final class DeploymentJson {
  private static final int SIZE_LIMIT = 4 << 20;
  private static final Set<String> FIELDS = Set.of("chainId", "homeChainId", "block", "contracts");
  private static final Set<String> CONTRACT_FIELDS = Set.of("address", "codeHash", "arguments");
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .build();

  private DeploymentJson() {}

  static Deployment read(Path file) {
    try {
      if (Files.size(file) > SIZE_LIMIT) {
        throw new IllegalArgumentException("larger than " + SIZE_LIMIT + " bytes");
      }
      return deployment(JSON.readTree(Files.readAllBytes(file)));
    } catch (NoSuchFileException e) {
      throw new IllegalArgumentException(
          "there is no deployment file " + file + ": run mandate deploy, or correct the path");
    } catch (IOException e) {
      throw new IllegalArgumentException("deployment file " + file + " cannot be read as JSON", e);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("deployment file " + file + ": " + e.getMessage(), e);
    }
  }

  private static Deployment deployment(JsonNode json) {
    requireFields(json, "deployment", FIELDS);
    Map<String, Deployment.Contract> contracts = new TreeMap<>();
    json.get("contracts")
        .fields()
        .forEachRemaining(
            entry -> {
              requireFields(entry.getValue(), entry.getKey(), CONTRACT_FIELDS);
              contracts.put(
                  entry.getKey(),
                  new Deployment.Contract(
                      Address.of(text(entry.getValue(), "address")),
                      Hash.of(text(entry.getValue(), "codeHash")),
                      Bytes.of(text(entry.getValue(), "arguments"))));
            });
    return new Deployment(
        chainId(json, "chainId"),
        chainId(json, "homeChainId"),
        json.path("block").asLong(-1),
        contracts);
  }

  private static BigInteger chainId(JsonNode json, String field) {
    String text = text(json, field);
    if (!text.matches("[1-9][0-9]{0,77}")) {
      throw new IllegalArgumentException(field + " is not a chain id: " + HexText.shown(text));
    }
    return new BigInteger(text);
  }

  private static String text(JsonNode json, String field) {
    return RpcValue.text(json.get(field), field);
  }

  private static void requireFields(JsonNode json, String what, Set<String> fields) {
    Set<String> found = new HashSet<>();
    json.fieldNames().forEachRemaining(found::add);
    if (!found.equals(fields)) {
      throw new IllegalArgumentException(
          what + " has the fields " + found + " instead of " + fields);
    }
  }

  static void write(Deployment deployment, Path file) {
    ObjectNode json = JSON.createObjectNode();
    json.put("chainId", deployment.chainId().toString());
    json.put("homeChainId", deployment.homeChainId().toString());
    json.put("block", deployment.block());
    ObjectNode contracts = json.putObject("contracts");
    new TreeMap<>(deployment.contracts())
        .forEach(
            (name, contract) ->
                contracts
                    .putObject(name)
                    .put("address", contract.address().checksummed())
                    .put("codeHash", contract.codeHash().hex())
                    .put("arguments", contract.arguments().hex()));
    try {
      Path target = file.toAbsolutePath();
      Files.createDirectories(target.getParent());
      Path unfinished =
          target.resolveSibling(target.getFileName() + "." + ProcessHandle.current().pid());
      try {
        Files.writeString(unfinished, JSON.writeValueAsString(json) + "\n");
        move(unfinished, target);
      } finally {
        Files.deleteIfExists(unfinished);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("deployment file " + file + " cannot be written", e);
    }
  }

  private static void move(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
    }
  }
}
