package org.mandate.policy;

/** What becomes of an intent that waits when somebody asks to carry it out. */
public sealed interface Release {
  /** It goes on. */
  record Granted() implements Release {}

  /** The mandate admits it no more. It goes on waiting. */
  record Refused(Verdict verdict) implements Release {}

  /**
   * @param due unix seconds until which it waits
   */
  record TooEarly(long due) implements Release {}

  /** It needs approvals, or those that were shown do not count. */
  record NotApproved() implements Release {}
}
