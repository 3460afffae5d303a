package org.mandate.cli;

import static com.tngtech.archunit.core.domain.JavaModifier.PUBLIC;
import static com.tngtech.archunit.core.domain.JavaModifier.STATIC;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Dependencies point one way: cli, then relayer and watchdog, then core, then contracts. */
@AnalyzeClasses(packages = "org.mandate", importOptions = ArchitectureTest.NoTests.class)
class ArchitectureTest {
  /** Of other modules too, whose tests come as a jar. */
  static final class NoTests implements ImportOption {
    @Override
    public boolean includes(Location location) {
      return !location.contains("-tests.jar") && !location.contains("/test-classes/");
    }
  }

  private static final String CLI = "org.mandate.cli..";
  private static final String RELAYER = "org.mandate.relayer..";
  private static final String WATCHDOG = "org.mandate.watchdog..";
  private static final String CONTRACTS = "org.mandate.contracts..";

  @ArchTest
  static final ArchRule L7_watchdogKnowsNoRelayer =
      noClasses()
          .that()
          .resideInAPackage(WATCHDOG)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(RELAYER, CLI)
          .because(
              "it is a second opinion: it shares core's types and none of the relayer's judgement");

  @ArchTest
  static final ArchRule relayerKnowsNoWatchdog =
      noClasses()
          .that()
          .resideInAPackage(RELAYER)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(WATCHDOG, CLI);

  @ArchTest
  static final ArchRule coreKnowsNoProcess =
      noClasses()
          .that()
          .resideOutsideOfPackages(CLI, RELAYER, WATCHDOG)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(CLI, RELAYER, WATCHDOG);

  @ArchTest
  static final ArchRule wrappersKnowNobody =
      noClasses()
          .that()
          .resideInAPackage(CONTRACTS)
          .should()
          .dependOnClassesThat(
              com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage(
                      "org.mandate..")
                  .and(
                      com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage(
                          CONTRACTS)));

  @ArchTest
  static final ArchRule packagesHaveAnOrder =
      slices().matching("org.mandate.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule nothingInCoreRuns =
      noMethods()
          .that()
          .areDeclaredInClassesThat()
          .resideOutsideOfPackages(CLI, RELAYER, WATCHDOG)
          .should()
          .haveName("main")
          .andShould()
          .haveModifier(PUBLIC)
          .andShould()
          .haveModifier(STATIC);

  @ArchTest
  static final ArchRule coreSaysNothingByItself =
      noClasses()
          .that()
          .resideOutsideOfPackages(CLI, RELAYER, WATCHDOG)
          .should(ACCESS_STANDARD_STREAMS);

  @ArchTest
  static final ArchRule namesSayWhatThingsAre =
      noClasses()
          .that()
          .resideOutsideOfPackage(CONTRACTS)
          .should()
          .haveSimpleNameEndingWith("Impl")
          .orShould()
          .haveSimpleNameEndingWith("Util")
          .orShould()
          .haveSimpleNameEndingWith("Utils")
          .orShould()
          .haveSimpleNameEndingWith("Helper")
          .orShould()
          .haveSimpleNameEndingWith("Manager");
}
