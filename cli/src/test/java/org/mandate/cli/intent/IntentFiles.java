package org.mandate.cli.intent;

import java.nio.file.Path;
import org.mandate.chain.Deployment;
import org.mandate.intent.IntentDomain;
import org.mandate.intent.SignedIntent;

/** What {@code mandate intent sign} wrote, for tests of other packages. */
public final class IntentFiles {
  private IntentFiles() {}

  public static SignedIntent read(Path file) {
    return IntentFile.read(file);
  }

  /** Under which intents have their ids. */
  public static IntentDomain domain(Deployment deployment) {
    return new IntentDomain(deployment.homeChainId(), deployment.executor());
  }
}
