package org.mandate.deploy;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What stands where on one chain; the file {@code deployments/<chainId>.json}.
 *
 * @param schema always {@value #SCHEMA}
 * @param chainId EIP-155 id of the chain
 * @param homeChainId id of the home chain
 * @param deployer address whose key deployed; addresses depend on it
 * @param authority who holds the AccessManager's admin role: the timelock, or what was given instead
 * @param block first block that contains something of this deployment: nobody needs to look further back
 * @param contracts by name, as in the sources
 */
public record Deployment(
    String schema,
    long chainId,
    long homeChainId,
    String deployer,
    String authority,
    long block,
    Map<String, Contract> contracts) {

  public static final String SCHEMA = "mandate.deployment.v1";
  private static final int MAX_FILE_BYTES = 1 << 20;

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .build();

  /**
   * One deployed contract.
   *
   * @param address lower-case hex
   * @param codeHash Keccak-256 of the deployed code, hex
   * @param constructorArguments ABI-encoded, hex
   * @param block where it was created
   * @param transaction that created it, hex
   */
  public record Contract(
      String address, String codeHash, String constructorArguments, long block, String transaction) {
    public Contract {
      requireHex("address", address, 20);
      requireHex("code hash", codeHash, 32);
      requireHex("transaction", transaction, 32);
      if (!constructorArguments.matches("0x([0-9a-f]{2})*")) {
        throw new IllegalArgumentException("deployment: constructor arguments are not lower-case hex");
      }
    }
  }

  public Deployment {
    if (!SCHEMA.equals(schema)) {
      throw new IllegalArgumentException("deployment: schema '%s' is not %s".formatted(schema, SCHEMA));
    }
    requireHex("deployer", deployer, 20);
    requireHex("authority", authority, 20);
    contracts = Collections.unmodifiableMap(new TreeMap<>(contracts));
    for (var name :
        new String[] {
          "Create3Factory",
          "AccessManager",
          "AgentRegistry",
          "PolicyEngine",
          "AuditLog",
          "CrossChainExecutor",
          "QuorumGateway"
        }) {
      if (!contracts.containsKey(name)) {
        throw new IllegalArgumentException("deployment of chain %d: %s is missing".formatted(chainId, name));
      }
    }
  }

  public String factory() {
    return address("Create3Factory");
  }

  public String accessManager() {
    return address("AccessManager");
  }

  public String registry() {
    return address("AgentRegistry");
  }

  public String policy() {
    return address("PolicyEngine");
  }

  public String auditLog() {
    return address("AuditLog");
  }

  public String executor() {
    return address("CrossChainExecutor");
  }

  public String gateway() {
    return address("QuorumGateway");
  }

  public Optional<String> governor() {
    return find("MandateGovernor");
  }

  public Optional<String> timelock() {
    return find("TimelockController");
  }

  public Optional<String> votingToken() {
    return find("MandateToken");
  }

  public Optional<String> testToken() {
    return find("TestToken");
  }

  /** The vault of an agent, when it was deployed with {@link Deployer#deployVault}. */
  public Optional<String> vault(long agentId) {
    return find(vaultName(agentId));
  }

  /** Whether this is the home chain's deployment. */
  @JsonIgnore
  public boolean isHome() {
    return chainId == homeChainId;
  }

  static String vaultName(long agentId) {
    return "AgentVault-" + agentId;
  }

  Deployment with(String name, Contract contract) {
    var more = new TreeMap<>(contracts);
    more.put(name, contract);
    return new Deployment(schema, chainId, homeChainId, deployer, authority, block, more);
  }

  private String address(String name) {
    return contracts.get(name).address();
  }

  private Optional<String> find(String name) {
    return Optional.ofNullable(contracts.get(name)).map(Contract::address);
  }

  // ------------------------------------------------------------------ file

  /**
   * Reads a deployment file.
   *
   * @throws DeploymentException when it is missing, too large (1 MiB), not JSON, or not a deployment
   */
  public static Deployment read(Path file) {
    try {
      if (Files.size(file) > MAX_FILE_BYTES) {
        throw new DeploymentException(file + " is larger than 1 MiB: not a deployment file");
      }
      return JSON.readValue(file.toFile(), Deployment.class);
    } catch (JsonProcessingException e) {
      throw new DeploymentException("%s is not a deployment file: %s".formatted(file, e.getOriginalMessage()), e);
    } catch (IOException e) {
      throw new DeploymentException("%s cannot be read: %s".formatted(file, e), e);
    }
  }

  /** Writes {@code <directory>/<chainId>.json} and returns the file; a reader never sees half of it. */
  public Path write(Path directory) {
    var file = directory.resolve(chainId + ".json");
    try {
      Files.createDirectories(directory);
      var draft = Files.createTempFile(directory, chainId + "-", ".tmp");
      Files.writeString(draft, toJson() + "\n");
      Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      return file;
    } catch (IOException e) {
      throw new DeploymentException("%s cannot be written: %s".formatted(file, e), e);
    }
  }

  public String toJson() {
    try {
      return JSON.writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void requireHex(String what, String value, int bytes) {
    if (!value.matches("0x[0-9a-f]{" + 2 * bytes + "}")) {
      throw new IllegalArgumentException(
          "deployment: %s '%s' is not %d bytes of lower-case hex".formatted(what, value, bytes));
    }
  }
}
