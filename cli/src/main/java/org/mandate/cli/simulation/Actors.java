package org.mandate.cli.simulation;

import java.math.BigInteger;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.contracts.Approvers;
import org.mandate.contracts.DestinationExecutor;
import org.mandate.contracts.HomeExecutor;
import org.mandate.deploy.Sender;
import org.mandate.event.IntentEvent;
import org.mandate.intent.IntentAbi;
import org.mandate.relayer.Journal;
import org.mandate.relayer.api.RefusedException;
import org.mandate.relayer.store.StoredApproval;
import org.web3j.protocol.Web3j;
import org.web3j.tx.ReadonlyTransactionManager;

/**
 * Everybody who asks something of relayers or chains: agents, approvers, a guardian, governance.
 */
final class Actors {
  private static final long HOUR = 3_600_000;

  /** A reorg may undo what somebody did: they look again. */
  private static final long AGAIN = 120_000;

  private final World world;
  private final Dice dice;
  private final Map<String, Long> done = new HashMap<>();
  private final Approvers approvers;
  private final HomeExecutor home;
  private final DestinationExecutor destination;

  Actors(World world, Dice dice) {
    this.world = world;
    this.dice = dice;
    Web3j web3j = Web3j.build(world.chain(Ground.HOME).anvil().service());
    ReadonlyTransactionManager reader =
        new ReadonlyTransactionManager(web3j, Ground.address("authority").hex());
    String executor = world.ground().home().executor().hex();
    this.approvers =
        Approvers.load(
            world.ground().home().address("Approvers").hex(), web3j, reader, Sender.NO_GAS);
    this.home = HomeExecutor.load(executor, web3j, reader, Sender.NO_GAS);
    this.destination = DestinationExecutor.load(executor, web3j, reader, Sender.NO_GAS);
  }

  void begin(List<Plan> plans) {
    for (Plan plan : plans) {
      at(plan.at(), "agent of " + plan.number(), () -> submit(plan));
      if (plan.kind() == Plan.Kind.APPROVED) {
        long first = plan.at() + dice.between(HOUR / 6, 20 * HOUR);
        for (String approver : Ground.approvers()) {
          at(
              first + dice.between(0, 4 * HOUR),
              approver + " of " + plan.number(),
              () -> approve(plan, approver));
        }
      }
    }
  }

  private void at(long when, String name, Runnable what) {
    world.appoint(when);
    world.strands().begin(name, when - world.now(), what);
  }

  /** An agent asks again where it gets no answer, and perhaps asks two. */
  private void submit(Plan plan) {
    int wanted = dice.in1000(300) ? 2 : 1;
    for (int taken = 0; taken < wanted && !isPast(plan); ) {
      SimulatedRelayer relayer = dice.one(world.relayers());
      world.touch();
      try {
        if (relayer.atDesk(desk -> desk.take(plan.intent(), plan.signature()))) {
          world.trace("agent", "handed over", plan, relayer.name());
          taken++;
        }
      } catch (RefusedException e) {
        world.trace("agent", "refused", plan, e.getMessage());
        if (plan.kind() != Plan.Kind.DENIED && plan.kind() != Plan.Kind.HASTY && !isKnown(plan))
          throw new AssertionError("intent " + plan + " is refused: " + e.getMessage());
        return;
      } catch (RuntimeException | Crash e) {
        world.trace("agent", "no answer", plan, Journal.reason(e));
      }
      world.strands().sleep(dice.between(1_000, 60_000));
    }
  }

  private boolean isKnown(Plan plan) {
    return !world.chain(Ground.HOME).about(plan.id()).isEmpty();
  }

  private boolean isPast(Plan plan) {
    return plan.intent().deadline().longValueExact() * 1000 <= world.now();
  }

  /** Each approver hands over to every relayer, until it has it. */
  private void approve(Plan plan, String approver) {
    Address address = Ground.address(approver);
    long deadline = plan.intent().deadline().longValueExact();
    Hash digest = digest(plan, address, deadline);
    StoredApproval approval =
        new StoredApproval(
            plan.id(),
            address,
            Bytes.of(Ground.key(approver).signDigest(digest).bytes()),
            deadline);
    for (SimulatedRelayer relayer : world.relayers()) {
      boolean given = false;
      while (!given && !isPast(plan)) {
        world.touch();
        try {
          given = relayer.atDesk(desk -> desk.approve(approval));
        } catch (RefusedException e) {
          world.trace(approver, "refused", plan, e.getMessage());
          if (e.refusal().rule().equals("STATE")) return;
        } catch (RuntimeException | Crash e) {
          world.trace(approver, "no answer", plan, Journal.reason(e));
        }
        if (!given) world.strands().sleep(dice.between(5_000, 120_000));
      }
    }
  }

  private Hash digest(Plan plan, Address approver, long deadline) {
    try {
      return Hash.of(
          approvers
              .approvalDigest(
                  plan.intent().agentId(),
                  plan.id().bytes(),
                  approver.hex(),
                  BigInteger.valueOf(deadline))
              .send());
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** What guardian and governance do about what the chain says. */
  void look(SimulatedChain chain) {
    for (Plan plan : world.plans()) {
      Optional<IntentEvent> last = chain.last(plan.id());
      if (last.isEmpty()) continue;
      if (chain.id() == Ground.REMOTE
          && plan.isDisputed()
          && last.get() instanceof IntentEvent.Queued) {
        act(
            chain,
            plan,
            "guardian",
            destination
                .dispute(IntentAbi.toDestination(plan.intent()), BigInteger.ZERO)
                .encodeFunctionCall());
      }
      if (chain.id() == Ground.REMOTE
          && plan.kind() == Plan.Kind.UPHELD
          && last.get() instanceof IntentEvent.Disputed) {
        act(
            chain,
            plan,
            "authority",
            destination.uphold(IntentAbi.toDestination(plan.intent())).encodeFunctionCall());
      }
      if (chain.id() == Ground.HOME
          && plan.kind() == Plan.Kind.CANCELLED
          && last.get() instanceof IntentEvent.Admitted) {
        act(
            chain,
            plan,
            "authority",
            home.cancel(IntentAbi.toHome(plan.intent())).encodeFunctionCall());
      }
    }
  }

  private void act(SimulatedChain chain, Plan plan, String who, String data) {
    String what = who + " " + plan.id();
    if (done.getOrDefault(what, Long.MIN_VALUE) + AGAIN > world.now()) return;
    done.put(what, world.now());
    chain.transact(Ground.address(who), world.ground().home().executor(), data);
    world.trace(who, "acts", plan);
    world.touch();
  }
}
