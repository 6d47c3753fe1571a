package dev.reslora.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class KafkaRightTest {

  @Test
  void areThoseOfTheDocumentation() throws IOException {
    List<KafkaRight> documented =
        DocumentedRights.of("job").stream()
            .map(row -> new KafkaRight(row.resource(), row.operation()))
            .toList();
    assertThat(rights()).isEqualTo(documented);
  }

  @Test
  void takeNoTransactionsWhereThereAreNone() {
    assertThat(rights("reslora.delivery.mode=idempotent"))
        .hasSize(rights().size() - 1)
        .noneMatch(right -> right.toString().contains("transactional"));
  }

  @Test
  void readAsASentence() {
    assertThat(rights("reslora.job.name=j"))
        .extracting(KafkaRight::toString)
        .contains(
            "Read on topic training-examples",
            "Read on group reslora",
            "Write on transactional ids with prefix j-");
  }

  private static List<KafkaRight> rights(String... more) {
    List<String> settings = new ArrayList<>(JobConfigTest.REQUIRED);
    settings.addAll(List.of(more));
    return KafkaRight.of(ConfigSource.load(null, settings));
  }
}
