import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import java.util.Arrays;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/** Runs one test class, or CLASS#METHOD, and prints each failed test's name: for scripts/mutations. */
class RunTest {
  public static void main(String[] arguments) throws ClassNotFoundException {
    DiscoverySelector test =
        arguments[0].contains("#") ? method(arguments[0].split("#")) : selectClass(arguments[0]);
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

  /** By its name alone, also when it has parameters. */
  private static DiscoverySelector method(String[] classAndName) throws ClassNotFoundException {
    Class<?> type = Class.forName(classAndName[0]);
    return Arrays.stream(type.getDeclaredMethods())
        .filter(method -> method.getName().equals(classAndName[1]))
        .findFirst()
        .map(method -> selectMethod(type, method))
        .orElseThrow();
  }
}
