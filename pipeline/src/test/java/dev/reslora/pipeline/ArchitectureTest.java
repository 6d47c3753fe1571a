package dev.reslora.pipeline;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The arrows between packages, as the project's architecture draws them. */
@AnalyzeClasses(packages = "dev.reslora", importOptions = ArchitectureTest.ProductOnly.class)
class ArchitectureTest {

  /** No tests, neither this module's nor those that come in the others' test jars. */
  static final class ProductOnly implements ImportOption {
    @Override
    public boolean includes(Location location) {
      return Predefined.DO_NOT_INCLUDE_TESTS.includes(location) && !location.contains("-tests.jar");
    }
  }

  private static final String[] LEARNING = {
    "dev.reslora.nn..",
    "dev.reslora.reslora..",
    "dev.reslora.model..",
    "dev.reslora.text..",
    "dev.reslora.training..",
    "dev.reslora.evaluation..",
    "dev.reslora.snapshot..",
    "dev.reslora.serving..",
  };

  @ArchTest
  static final ArchRule LEARNING_KNOWS_NO_FLINK =
      noClasses()
          .that()
          .resideInAnyPackage(LEARNING)
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.apache.flink..");

  @ArchTest
  static final ArchRule SCHEMAS_KNOW_NO_FLINK_AND_NO_ENGINE =
      noClasses()
          .that()
          .resideInAPackage("dev.reslora.schema..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.apache.flink..", "ai.djl..");

  @ArchTest
  static final ArchRule ARROWS =
      layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .withOptionalLayers(true)
          .layer("schema")
          .definedBy("dev.reslora.schema..")
          .layer("nn")
          .definedBy("dev.reslora.nn..")
          .layer("reslora")
          .definedBy("dev.reslora.reslora..")
          .layer("model")
          .definedBy("dev.reslora.model..")
          .layer("text")
          .definedBy("dev.reslora.text..")
          .layer("training")
          .definedBy("dev.reslora.training..")
          .layer("evaluation")
          .definedBy("dev.reslora.evaluation..")
          .layer("snapshot")
          .definedBy("dev.reslora.snapshot..")
          .layer("serving")
          .definedBy("dev.reslora.serving..")
          .layer("operator")
          .definedBy("dev.reslora.operator..")
          .layer("pipeline")
          .definedBy("dev.reslora.pipeline..")
          .whereLayer("nn")
          .mayNotAccessAnyLayer()
          .whereLayer("schema")
          .mayNotAccessAnyLayer()
          .whereLayer("reslora")
          .mayOnlyAccessLayers("nn", "schema")
          .whereLayer("model")
          .mayOnlyAccessLayers("nn")
          .whereLayer("text")
          .mayOnlyAccessLayers("model", "schema")
          .whereLayer("training")
          .mayOnlyAccessLayers("nn", "reslora", "model", "text", "evaluation", "schema")
          .whereLayer("evaluation")
          .mayOnlyAccessLayers("nn", "reslora", "model", "text", "schema")
          .whereLayer("snapshot")
          .mayOnlyAccessLayers("reslora", "model", "schema")
          .whereLayer("serving")
          .mayOnlyAccessLayers("nn", "reslora", "snapshot", "model", "text", "schema")
          .whereLayer("operator")
          .mayOnlyBeAccessedByLayers("pipeline")
          .whereLayer("pipeline")
          .mayNotBeAccessedByAnyLayer();

  @ArchTest
  static final ArchRule NO_CYCLES =
      slices().matching("dev.reslora.(*)..").should().beFreeOfCycles();
}
