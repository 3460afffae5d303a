package org.mandate.policy;

/** What was shown of an intent's approvals when it was to be carried out. */
public enum Agreement {
  /** Nothing: {@code proceed}. */
  NOT_ASKED,
  /** Enough, and all valid: {@code proceedApproved}. */
  GIVEN,
  /** Not enough, or one of them invalid: {@code proceedApproved}. */
  LACKING
}
