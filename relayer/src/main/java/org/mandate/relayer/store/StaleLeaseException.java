package org.mandate.relayer.store;

/** Somebody else leads this line of work now: nothing of the transaction was stored. */
public final class StaleLeaseException extends StoreException {
  private static final long serialVersionUID = 1L;

  StaleLeaseException(Lease lease) {
    super(
        "%s is led by another instance since epoch %d of %s: nothing is stored"
            .formatted(lease.line(), lease.epoch(), lease.holder()));
  }
}
