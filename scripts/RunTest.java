import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/** Runs one test class, or CLASS#METHOD, and prints each failed test's name: for scripts/mutations. */
class RunTest {
  public static void main(String[] arguments) {
    DiscoverySelector test =
        arguments[0].contains("#") ? selectMethod(arguments[0]) : selectClass(arguments[0]);
    var listener = new SummaryGeneratingListener();
    LauncherFactory.create()
        .execute(LauncherDiscoveryRequestBuilder.request().selectors(test).build(), listener);
    var summary = listener.getSummary();
    summary
        .getFailures()
        .forEach(
            failure ->
                System.out.println(
                    "[FAIL] "
                        + failure.getTestIdentifier().getDisplayName()
                        + ": "
                        + failure.getException()));
    System.out.println("[RAN] " + summary.getTestsStartedCount());
    System.exit(0); // whatever threads a broken test leaves
  }
}
