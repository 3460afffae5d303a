package org.mandate.watchdog;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.mandate.chain.Address;

/**
 * Whose signatures count, or ever did, on any of the watched chains: anybody can sign anything, and
 * put up a bond for it. Filled by the followers of all chains; what a reorg takes back stays, which
 * costs a few addresses.
 */
final class Keyring implements Examiner {
  private final Set<Address> keys = ConcurrentHashMap.newKeySet();

  boolean has(Address signer) {
    return keys.contains(signer);
  }

  @Override
  public void examine(Page page) {
    for (Entry entry : page.entries()) {
      if (entry instanceof Entry.RelayersSet set) {
        keys.addAll(set.relayers());
      }
    }
  }

  @Override
  public void reset() {}
}
