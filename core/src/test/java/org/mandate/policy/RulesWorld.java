package org.mandate.policy;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Deployment;
import org.mandate.chain.Hash;
import org.mandate.contracts.AgentRegistry;
import org.mandate.contracts.AgentVault;
import org.mandate.contracts.Approvers;
import org.mandate.contracts.CallRules;
import org.mandate.contracts.CategoryRule;
import org.mandate.contracts.HomeExecutor;
import org.mandate.contracts.HoursRule;
import org.mandate.contracts.MandateLens;
import org.mandate.contracts.MandateRules;
import org.mandate.contracts.PriceFeeds;
import org.mandate.contracts.ReputationRule;
import org.mandate.contracts.RuleBook;
import org.mandate.contracts.TestToken;
import org.mandate.contracts.Tiers;
import org.mandate.deploy.AgentSetup;
import org.mandate.deploy.DeploymentParameters;
import org.mandate.deploy.DeploymentParameters.ExistingAuthority;
import org.mandate.deploy.DevChain;
import org.mandate.deploy.Sender;
import org.mandate.intent.IntentDomain;
import org.mandate.signer.PrivateKeySigner;
import org.web3j.abi.datatypes.generated.Uint256;
import org.web3j.protocol.core.RemoteFunctionCall;
import org.web3j.tx.ReadonlyTransactionManager;
import org.web3j.utils.Numeric;

/** Everything deployed on one chain, as a deployment does it, and agents whose key is one. */
final class RulesWorld {
  static final BigInteger HOME = BigInteger.valueOf(31337);
  static final BigInteger REMOTE = BigInteger.TEN;
  static final Address TOKEN = Address.of("0x%040x".formatted(0xa1));
  static final PrivateKeySigner WALLET = new PrivateKeySigner(BigInteger.valueOf(0xa9e27));
  static final long START = 2_000_000_000L;

  // Anvil's development accounts, which sign for whoever asks.
  static final String GOVERNANCE = "0x70997970c51812dc3a010c7d01b50e0d17dc79c8";
  static final String OWNER = "0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc";
  static final String ANYBODY = "0x90f79bf6eb2c4f870365e785982e1f101e93b906";

  final Rpc rpc;
  final Blocks blocks;
  final Deployment deployment;
  final IntentDomain domain;
  final AgentVault vault;
  final AgentRegistry registry;
  final HomeExecutor executor;
  final MandateLens lens;
  final MandateRules rules;
  final CallRules calls;
  final RuleBook book;
  final Tiers tiers;
  final PriceFeeds prices;
  final Approvers approvers;
  final HoursRule hours;
  final CategoryRule categories;
  final ReputationRule reputation;

  RulesWorld(DevChain chain) throws Exception {
    rpc = new Rpc(chain.url());
    chain.looksLikeAContract(GOVERNANCE);
    deployment =
        chain
            .deployer(DevChain.RICH)
            .deploy(
                new DeploymentParameters(
                    HOME.longValueExact(),
                    List.of(REMOTE.longValueExact()),
                    List.of(ANYBODY),
                    1,
                    List.of(OWNER),
                    Duration.ofMinutes(1),
                    Duration.ofHours(1),
                    ExistingAuthority.delayingItself(GOVERNANCE),
                    Optional.empty()));
    domain = new IntentDomain(HOME, deployment.executor());
    var web3j = chain.web3j();
    var reader = new ReadonlyTransactionManager(web3j, OWNER);
    var gas = Sender.NO_GAS;
    vault = AgentVault.load(at("AgentVault"), web3j, reader, gas);
    registry = AgentRegistry.load(at("AgentRegistry"), web3j, reader, gas);
    executor = HomeExecutor.load(at("HomeExecutor"), web3j, reader, gas);
    lens = MandateLens.load(at("MandateLens"), web3j, reader, gas);
    rules = MandateRules.load(at("MandateRules"), web3j, reader, gas);
    calls = CallRules.load(at("CallRules"), web3j, reader, gas);
    book = RuleBook.load(at("RuleBook"), web3j, reader, gas);
    tiers = Tiers.load(at("Tiers"), web3j, reader, gas);
    prices = PriceFeeds.load(at("PriceFeeds"), web3j, reader, gas);
    approvers = Approvers.load(at("Approvers"), web3j, reader, gas);
    hours = HoursRule.load(at("HoursRule"), web3j, reader, gas);
    categories = CategoryRule.load(at("CategoryRule"), web3j, reader, gas);
    reputation = ReputationRule.load(at("ReputationRule"), web3j, reader, gas);
    fund(chain);
    blocks = new Blocks(rpc, at("AgentVault"));
  }

  String at(String contract) {
    return deployment.address(contract).hex();
  }

  /** More than any mandate admits of every asset. */
  private void fund(DevChain chain) throws Exception {
    BigInteger much = BigInteger.TWO.pow(200);
    rpc.ask("anvil_setBalance", at("AgentVault"), "0x" + much.toString(16));
    var token =
        TestToken.deploy(chain.web3j(), DevChain.RICH, Sender.NO_GAS, OWNER, BigInteger.ONE).send();
    setCode(TOKEN, rpc.ask("eth_getCode", token.getContractAddress(), "latest").asText());
    // balances are the first storage variable
    var holder = new org.web3j.abi.datatypes.Address(at("AgentVault"));
    rpc.ask(
        "anvil_setStorageAt",
        TOKEN.hex(),
        Hash.keccak(Abi.encode(holder, new Uint256(0))).hex(),
        Numeric.toHexStringWithPrefixZeroPadded(much, 64));
  }

  void setCode(Address address, String code) {
    rpc.ask("anvil_setCode", address.hex(), code);
  }

  /** The foreign contracts do from now on, on the chain itself, as in the scene. */
  void play(Scene scene) {
    rpc.askAll(
        scene.contracts().entrySet().stream()
            .map(
                entry ->
                    Rpc.request("anvil_setCode", entry.getKey().hex(), entry.getValue().code()))
            .toList());
  }

  Blocks.Transaction governance(String contract, RemoteFunctionCall<?> call) {
    return new Blocks.Transaction(GOVERNANCE, at(contract), call.encodeFunctionCall());
  }

  /** Sends them in blocks that hold them, the last at {@code now}; all must succeed. */
  void settle(List<Blocks.Transaction> transactions, long now) {
    int size = 100; // of at most 2,000,000 gas each
    int parts = (transactions.size() + size - 1) / size;
    for (int i = 0; i < parts; i++) {
      List<Blocks.Transaction> part =
          transactions.subList(i * size, Math.min(transactions.size(), (i + 1) * size));
      List<Blocks.Outcome> outcomes = blocks.mine(part, now - parts + 1 + i);
      for (int k = 0; k < outcomes.size(); k++) {
        Blocks.Transaction transaction = part.get(k);
        assertTrue(outcomes.get(k).succeeded(), transaction::toString);
      }
    }
  }

  /** Agents 1 to {@code count}, with a key, active. */
  void register(DevChain chain, int count) {
    List<Blocks.Transaction> transactions = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      transactions.add(
          new Blocks.Transaction(
              OWNER, at("AgentRegistry"), registry.register().encodeFunctionCall()));
    }
    settle(transactions, START - 1000);
    transactions.clear();
    AgentSetup setup = new AgentSetup(at("AgentRegistry"));
    for (int i = 1; i <= count; i++) {
      BigInteger id = BigInteger.valueOf(i);
      var proof = setup.prove(chain.sender(DevChain.RICH), id, WALLET);
      transactions.add(
          new Blocks.Transaction(
              OWNER,
              at("AgentRegistry"),
              registry
                  .setAgentWallet(id, WALLET.address().hex(), proof.deadline(), proof.signature())
                  .encodeFunctionCall()));
      transactions.add(
          governance("AgentRegistry", registry.activate(id, at("AgentVault"), BigInteger.ZERO)));
    }
    settle(transactions, START - 900);
  }

  // ------------------------------------------------------------------ settings

  Blocks.Transaction set(BigInteger id, Permission.Place place, Permission p) {
    return governance(
        "CallRules",
        calls.setPermission(
            id,
            place.chainId(),
            place.target().hex(),
            Numeric.hexStringToByteArray(place.selector()),
            new CallRules.Permission(
                BigInteger.valueOf(p.kind().ordinal()),
                BigInteger.valueOf(p.amountWord()),
                BigInteger.valueOf(p.recipientWord()),
                BigInteger.valueOf(p.assetWord()),
                p.listed())));
  }

  Blocks.Transaction set(BigInteger id, Address asset, Thresholds t) {
    return governance(
        "Tiers",
        tiers.setThresholds(
            id,
            asset.hex(),
            new Tiers.Thresholds(
                t.notifyAbove(),
                t.delayAbove(),
                BigInteger.valueOf(t.delaySeconds()),
                t.approvalAbove())));
  }

  Blocks.Transaction set(Prices.Place place, PriceFeed f) {
    return governance(
        "PriceFeeds",
        prices.setFeed(
            place.chainId(),
            place.asset().hex(),
            new PriceFeeds.Feed(
                f.feed().hex(),
                BigInteger.valueOf(f.maxAge()),
                BigInteger.valueOf(f.minAnswer()),
                BigInteger.valueOf(f.maxAnswer()),
                BigInteger.valueOf(f.rangeExponent()),
                BigInteger.valueOf(f.assetDecimals()),
                BigInteger.valueOf(f.answerDecimals()),
                f.checksSequencer()),
            BigInteger.ZERO));
  }

  Blocks.Transaction set(Sequencer s) {
    return governance(
        "PriceFeeds",
        prices.setSequencer(
            new PriceFeeds.Sequencer(s.feed().hex(), BigInteger.valueOf(s.graceTime())),
            BigInteger.ZERO));
  }

  Blocks.Transaction set(BigInteger id, Panel panel) {
    return governance(
        "Approvers",
        approvers.setApprovers(
            id,
            BigInteger.valueOf(panel.threshold()),
            panel.approvers().stream().map(Address::hex).toList()));
  }

  /** As the evaluator's value has it. */
  List<Blocks.Transaction> set(BigInteger id, BookRule rule) {
    return switch (rule) {
      case Hours own ->
          List.of(
              governance(
                  "HoursRule",
                  hours.setWindows(
                      id,
                      own.windows().stream()
                          .map(
                              w ->
                                  new HoursRule.Window(
                                      BigInteger.valueOf(w.weekdays()),
                                      BigInteger.valueOf(w.opens()),
                                      BigInteger.valueOf(w.duration())))
                          .toList())));
      case Categories own -> {
        List<Blocks.Transaction> all = new ArrayList<>();
        for (Map.Entry<Recipient, Hash> e : own.categories().entrySet()) {
          all.add(
              governance(
                  "CategoryRule",
                  categories.setCategory(
                      id, e.getKey().chainId(), e.getKey().address().hex(), e.getValue().bytes())));
        }
        own.limits()
            .forEach(
                (kind, limit) ->
                    all.add(
                        governance(
                            "CategoryRule",
                            categories.setLimit(
                                id, kind.category().bytes(), kind.asset().hex(), limit))));
        yield all;
      }
      case Reputation own ->
          List.of(
              governance(
                  "ReputationRule",
                  reputation.setRequirement(
                      id,
                      new ReputationRule.Requirement(
                          own.registry().hex(),
                          own.minCount(),
                          own.identity(),
                          own.minValue(),
                          own.tag1(),
                          own.tag2(),
                          own.clients().stream().map(Address::hex).toList()))));
      case ForeignRule foreign -> List.of();
    };
  }

  Blocks.Transaction add(BigInteger id, Address rule) {
    return governance("RuleBook", book.addRule(id, rule.hex()));
  }

  Blocks.Transaction remove(BigInteger id, Address rule) {
    return governance("RuleBook", book.removeRule(id, rule.hex()));
  }

  Blocks.Transaction change(BigInteger id, PolicyChange change, BigInteger stops) {
    return new Blocks.Transaction(
        GOVERNANCE, at("AgentVault"), VaultCalls.change(vault, id, change, stops));
  }
}
