package org.mandate.policy;

import java.math.BigInteger;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.signer.Signature;
import org.mandate.signer.TypedData;
import org.web3j.abi.datatypes.DynamicBytes;
import org.web3j.abi.datatypes.generated.Bytes32;

/**
 * Who must agree to what an agent may not do alone ({@code Approvers.sol}).
 *
 * @param threshold how many must agree; 0: nothing is ever approved
 * @param approvers keys, or contracts (ERC-1271)
 */
public record Panel(int threshold, List<Address> approvers) {
  public static final Panel NEVER_SET = new Panel(0, List.of());

  private static final String TYPE =
      "Approval(bytes32 intentId,uint256 agentId,address approver,uint64 deadline)";
  private static final BigInteger MAGIC =
      new BigInteger(1, Bytes.of("0x1626ba7e" + "00".repeat(28)).bytes());
  private static final int WORD = 32;

  /**
   * One approver's agreement to one intent.
   *
   * @param deadline unix seconds, uint64
   */
  public record Approval(Address signer, Bytes signature, BigInteger deadline) {}

  /**
   * What an approval is for.
   *
   * @param chainId home's
   * @param contract the {@code Approvers} there
   * @param wallet the agent's key, which approves nothing
   * @param disapproved who took their approval of the intent back
   */
  public record Subject(
      BigInteger chainId,
      Address contract,
      BigInteger agentId,
      Hash intentId,
      Address wallet,
      Set<Address> disapproved) {
    /** What an approver signs. */
    public Hash digest(Address approver, BigInteger deadline) {
      return approval(chainId, contract, agentId, intentId, approver, deadline).digest();
    }
  }

  /**
   * What an approver signs.
   *
   * @param chainId home's
   * @param contract the {@code Approvers} there
   * @param deadline unix seconds, uint64
   */
  public static TypedData.Message approval(
      BigInteger chainId,
      Address contract,
      BigInteger agentId,
      Hash intentId,
      Address approver,
      BigInteger deadline) {
    return TypedData.struct(TYPE)
        .bytes32(intentId)
        .uint(agentId)
        .address(approver)
        .uint(deadline)
        .in(new TypedData.Domain("MandateApprovers", "1", chainId, contract));
  }

  public Panel {
    approvers = List.copyOf(approvers);
  }

  /**
   * Whether enough agree. All that is given must be valid, and the signers ascend.
   *
   * @param now unix seconds
   */
  public boolean approves(Subject subject, List<Approval> approvals, long now, Answers answers) {
    if (threshold == 0 || approvals.size() < threshold) {
      return false;
    }
    Set<Address> panel = new HashSet<>(approvers);
    for (int i = 0; i < approvals.size(); i++) {
      Approval approval = approvals.get(i);
      boolean ascends = i == 0 || approvals.get(i - 1).signer().compareTo(approval.signer()) < 0;
      if (!ascends
          || !panel.contains(approval.signer())
          || approval.signer().equals(subject.wallet())
          || subject.disapproved().contains(approval.signer())
          || BigInteger.valueOf(now).compareTo(approval.deadline()) > 0
          || !isSigned(subject, approval, answers)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isSigned(Subject subject, Approval approval, Answers answers) {
    Hash digest = subject.digest(approval.signer(), approval.deadline());
    if (!answers.isContract(approval.signer())) {
      return recovers(approval, digest);
    }
    Bytes question =
        Bytes.of(
            Abi.call(
                "isValidSignature",
                new Bytes32(digest.bytes()),
                new DynamicBytes(approval.signature().bytes())));
    Bytes said =
        answers.to(new Answers.Question(Answers.Asker.APPROVERS, approval.signer(), question));
    return said.size() >= WORD && AnswerWords.of(said).number(0).equals(MAGIC);
  }

  private static boolean recovers(Approval approval, Hash digest) {
    try {
      return Signature.of(approval.signature())
          .recover(digest)
          .filter(approval.signer()::equals)
          .isPresent();
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
