package org.mandate.cli.bench.reorg;

import java.io.IOException;
import java.math.BigInteger;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.mandate.chain.Address;
import org.mandate.chain.Hash;
import org.mandate.cli.bench.Refusal;
import org.mandate.cli.local.Agent;
import org.mandate.cli.local.Approvals;
import org.mandate.cli.local.Service;
import org.mandate.cli.local.Town;
import org.mandate.intent.Intent;

/** Agents' programs, and the people who agree to some payments. */
final class Clients {
  private static final int ACCEPTED = 202;
  private static final int CONFLICT = 409;
  private static final int REFUSED = 422;

  /** More often what is common. */
  static final List<Kind> KINDS =
      List.of(
          Kind.HOME,
          Kind.HOME,
          Kind.DELAYED,
          Kind.DELAYED,
          Kind.APPROVED,
          Kind.ACROSS,
          Kind.ACROSS,
          Kind.ACROSS,
          Kind.ACROSS,
          Kind.ACROSS,
          Kind.ACROSS,
          Kind.HASTENED,
          Kind.WITHDRAWN,
          Kind.REJECTED,
          Kind.FORGOTTEN,
          Kind.BREACH,
          Kind.LATE,
          Kind.UNPAYABLE,
          Kind.DISPUTED,
          Kind.UPHELD);

  private final Town town;
  private final Service relayer;
  private final Findings findings;
  private final Random random;

  Clients(Town town, Service relayer, Findings findings, Random random) {
    this.town = town;
    this.relayer = relayer;
    this.findings = findings;
    this.random = random;
  }

  /** Hands over a payment of some kind; empty: nobody takes it just now. */
  Optional<Payment> pay() throws IOException, InterruptedException {
    var kind = KINDS.get(random.nextInt(KINDS.size()));
    var agent = agent(kind);
    var intent =
        agent.payment(kind.chainId(), asset(kind), town.payee(), amount(kind), kind.lifetime());
    var answer = relayer.post("/v1/intents", Agent.json(agent.sign(intent)));
    if (answer.statusCode() == REFUSED || answer.statusCode() == CONFLICT) {
      findings.refused(kind, Refusal.rule(answer.body()));
      return Optional.empty();
    }
    if (answer.statusCode() != ACCEPTED)
      throw new IOException("the relayer refused a payment: " + answer.body());
    var payment = new Payment(kind, intent, agent.id(intent));
    if (kind == Kind.APPROVED) approve(intent, payment.id());
    return Optional.of(payment);
  }

  /** The last one breaches its mandate, of which it is frozen; the others do not. */
  private Agent agent(Kind kind) {
    var agents = town.agents();
    return kind == Kind.BREACH ? agents.getLast() : agents.get(random.nextInt(agents.size() - 1));
  }

  private Address asset(Kind kind) {
    return kind == Kind.UNPAYABLE ? Address.ZERO : town.ledger(kind.chainId()).token();
  }

  private BigInteger amount(Kind kind) {
    var little = BigInteger.valueOf(1 + random.nextInt(1_000));
    var more = BigInteger.valueOf(1_000 + random.nextInt(1_000) * 1_000L);
    return switch (kind) {
      case DELAYED, WITHDRAWN -> Town.DELAYED_ABOVE.add(more);
      case APPROVED, REJECTED, FORGOTTEN -> Town.APPROVED_ABOVE.add(more);
      case BREACH -> Town.MOST.add(little);
      case HOME, ACROSS, HASTENED, LATE, UNPAYABLE, DISPUTED, UPHELD -> little;
    };
  }

  private void approve(Intent intent, Hash id) throws IOException, InterruptedException {
    findings.approved();
    for (var approver : town.approvers()) {
      var answer =
          relayer.post(
              "/v1/intents/" + id + "/approvals", Approvals.json(town, intent, id, approver));
      if (answer.statusCode() != ACCEPTED)
        throw new IOException("the relayer refused an approval: " + answer.body());
    }
  }
}
