package org.mandate.cli.demo;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.cli.local.LocalChain;
import org.mandate.deploy.Call;
import org.mandate.deploy.Create3;
import org.mandate.deploy.DeploymentException;
import org.mandate.deploy.Sender;
import org.mandate.signer.PrivateKey;
import org.web3j.abi.FunctionEncoder;
import org.web3j.abi.FunctionReturnDecoder;
import org.web3j.abi.TypeReference;
import org.web3j.abi.datatypes.DynamicArray;
import org.web3j.abi.datatypes.DynamicBytes;
import org.web3j.abi.datatypes.Function;
import org.web3j.abi.datatypes.Type;
import org.web3j.abi.datatypes.Utf8String;
import org.web3j.abi.datatypes.generated.Bytes32;
import org.web3j.abi.datatypes.generated.Uint256;
import org.web3j.protocol.core.DefaultBlockParameterName;
import org.web3j.protocol.core.methods.request.Transaction;

/**
 * A Safe 1.4.1 as people have it on every chain: the bytes that its npm package publishes,
 * singleton and fallback handler behind a proxy of its factory. Only its owners' signatures speak
 * for it.
 */
final class Safe {
  private static final String PACKAGE = "node_modules/@safe-global/safe-contracts";
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Safe's own deployer, whose addresses are the same on every chain (CREATE2, salt 0). */
  private static final String SAFE_DEPLOYER = "0x914d7fec6aac8cd542e72bca78b30650d45643d7";

  /**
   * What a Safe consists of.
   *
   * @param canonical where these very bytes stand on public chains
   */
  private enum Part {
    SINGLETON("Safe.sol/Safe", "0x41675c099f32341bf84bfc5382af534df5c7461a"),
    FACTORY(
        "proxies/SafeProxyFactory.sol/SafeProxyFactory",
        "0x4e1dcf7ad4e460cfd30791ccc4f9c8a4f820ec67"),
    FALLBACK_HANDLER(
        "handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler",
        "0xfd0732dc9e303f09fcef3a7388ad10a83459ec99");

    private final String artifact;
    private final String canonical;

    Part(String artifact, String canonical) {
      this.artifact = artifact;
      this.canonical = canonical;
    }

    /** The init code that the package publishes, held against the canonical address. */
    private Bytes initCode(Path root) throws IOException {
      var file = root.resolve(PACKAGE + "/build/artifacts/contracts/" + artifact + ".json");
      if (!Files.isRegularFile(file)) {
        throw new IOException(
            file + " is missing: run the demo as ./mandate demo, which installs it");
      }
      var code = Bytes.of(JSON.readTree(file.toFile()).path("bytecode").asText());
      var at = create2(SAFE_DEPLOYER, code);
      if (!at.hex().equals(canonical)) {
        throw new IOException(
            "%s leads to %s and not to Safe's %s: it is not what Safe published"
                .formatted(file, at, canonical));
      }
      return code;
    }
  }

  private final LocalChain chain;
  private final Address address;

  private Safe(LocalChain chain, Address address) {
    this.chain = chain;
    this.address = address;
  }

  /**
   * Creates one.
   *
   * @param root directory with {@code node_modules}
   * @param payer pays for it and has nothing to say in it
   * @param threshold how many owners must sign
   */
  static Safe create(Path root, LocalChain chain, Sender payer, List<Address> owners, int threshold)
      throws IOException {
    var parts = new ArrayList<Call>();
    var at = new ArrayList<Address>();
    for (var part : Part.values()) {
      var code = part.initCode(root);
      at.add(create2(Create3.CANONICAL_DEPLOYER, code));
      parts.add(
          new Call(
              "Safe's " + part,
              Create3.CANONICAL_DEPLOYER,
              BigInteger.ZERO,
              "0x" + "00".repeat(32) + code.hex().substring(2)));
    }
    payer.sendAll(parts);
    var setup =
        new Function(
            "setup",
            List.of(
                new DynamicArray<>(
                    org.web3j.abi.datatypes.Address.class,
                    owners.stream().map(Safe::word).toList()),
                new Uint256(threshold),
                word(Address.ZERO),
                new DynamicBytes(new byte[0]),
                word(at.get(Part.FALLBACK_HANDLER.ordinal())),
                word(Address.ZERO),
                new Uint256(0),
                word(Address.ZERO)),
            List.of());
    var creation =
        new Function(
            "createProxyWithNonce",
            List.of(
                word(at.get(Part.SINGLETON.ordinal())),
                new DynamicBytes(Bytes.of(FunctionEncoder.encode(setup)).bytes()),
                new Uint256(0)),
            List.of(new TypeReference<org.web3j.abi.datatypes.Address>() {}));
    var factory = at.get(Part.FACTORY.ordinal());
    var proxy = Address.of((String) ask(chain, factory, creation).getFirst().getValue());
    payer.send(
        new Call("a Safe", factory.hex(), BigInteger.ZERO, FunctionEncoder.encode(creation)));
    return new Safe(chain, proxy);
  }

  Address address() {
    return address;
  }

  /** What it says that it is. */
  String version() {
    return (String) read("VERSION", new TypeReference<Utf8String>() {});
  }

  /** How many of its owners must sign. */
  int threshold() {
    return ((BigInteger) read("getThreshold", new TypeReference<Uint256>() {})).intValueExact();
  }

  int owners() {
    return ((List<?>)
            read(
                "getOwners", new TypeReference<DynamicArray<org.web3j.abi.datatypes.Address>>() {}))
        .size();
  }

  /**
   * What speaks for the Safe under ERC-1271 when enough owners are among them: each signs the
   * Safe's own message that holds the digest, and they stand in the order of their addresses.
   */
  Bytes sign(Hash digest, List<PrivateKey> owners) {
    var message =
        Hash.of(
            (byte[])
                read(
                    "getMessageHash",
                    new TypeReference<Bytes32>() {},
                    new DynamicBytes(digest.bytes())));
    var all = new ByteArrayOutputStream();
    owners.stream()
        .sorted(Comparator.comparing(PrivateKey::address))
        .forEach(owner -> all.writeBytes(owner.signDigest(message).bytes()));
    return Bytes.of(all.toByteArray());
  }

  // ------------------------------------------------------------------ reading

  @SuppressWarnings("rawtypes") // web3j's signature
  private Object read(String name, TypeReference<?> answer, Type<?>... arguments) {
    var function = new Function(name, List.<Type>of(arguments), List.<TypeReference<?>>of(answer));
    return ask(chain, address, function).getFirst().getValue();
  }

  @SuppressWarnings("rawtypes")
  private static List<Type> ask(LocalChain chain, Address to, Function function) {
    var call =
        Transaction.createEthCallTransaction(
            Address.ZERO.hex(), to.hex(), FunctionEncoder.encode(function));
    var answer =
        Sender.read(
            function.getName(),
            () -> chain.web3j().ethCall(call, DefaultBlockParameterName.LATEST).send());
    if (answer.hasError()) {
      throw new DeploymentException(function.getName() + ": " + answer.getError().getMessage());
    }
    return FunctionReturnDecoder.decode(answer.getValue(), function.getOutputParameters());
  }

  private static org.web3j.abi.datatypes.Address word(Address address) {
    return new org.web3j.abi.datatypes.Address(address.hex());
  }

  /** Where CREATE2 puts init code, with salt 0 (EIP-1014). */
  private static Address create2(String deployer, Bytes initCode) {
    var input = new ByteArrayOutputStream();
    input.write(0xff);
    input.writeBytes(Address.of(deployer).bytes());
    input.writeBytes(new byte[32]);
    input.writeBytes(Hash.keccak(initCode.bytes()).bytes());
    return Address.of("0x" + Hash.keccak(input.toByteArray()).hex().substring(26));
  }
}
