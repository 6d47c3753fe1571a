package dev.reslora.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.reslora.Shortcut;
import dev.reslora.text.TokenizedExample;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** An adapter's state as release 1 wrote it; it must be read for ever. */
class RecordedStateTest {

  private static final String RECORDED = "recorded/AdapterState/1.zip";

  /** Four steps, five examples of the next, one refused, a baseline. */
  private static final List<TokenizedExample> EXAMPLES = TrainerConfigs.examples(40);

  @Test
  void readsAndWritesEverySectionOfFormatOne() throws IOException {
    SortedMap<String, byte[]> recorded = recorded();
    try (Trainer trainer = Trainer.open(TrainerConfigs.tiny(Shortcut.BLOCK));
        AdapterTraining adapter = trainer.restore("a", recorded)) {
      SortedMap<String, byte[]> written = adapter.checkpoint();

      assertThat(written.keySet()).containsAll(recorded.keySet());
      recorded.forEach((name, bytes) -> assertThat(written.get(name)).as(name).isEqualTo(bytes));
    }
  }

  @Test
  void goesOnWhereFormatOneStopped() throws IOException {
    try (Trainer trainer = Trainer.open(TrainerConfigs.tiny(Shortcut.BLOCK));
        AdapterTraining adapter = trainer.restore("a", recorded())) {
      List<TrainingEvent> events =
          EXAMPLES.subList(37, 40).stream().flatMap(e -> adapter.offer(e).stream()).toList();

      assertThat(events)
          .singleElement()
          .isInstanceOfSatisfying(
              TrainingEvent.Stepped.class,
              stepped -> {
                assertThat(stepped.report().getStep()).isEqualTo(5);
                assertThat(stepped.report().getTotalExamples()).isEqualTo(40);
                assertThat(stepped.report().getOffsets().get(0).getFrom()).isEqualTo(32);
              });
    }
  }

  /** Makes the recorded file; for a release that changes the layout, under the next number. */
  @Test
  @EnabledIfSystemProperty(named = "reslora.record", matches = ".+")
  void recordsAnAdapter() throws IOException {
    Path target = Path.of(System.getProperty("reslora.record"));
    try (Trainer trainer = Trainer.open(TrainerConfigs.tiny(Shortcut.BLOCK));
        AdapterTraining adapter = trainer.create("a");
        OutputStream file = Files.newOutputStream(target);
        ZipOutputStream zip = new ZipOutputStream(file)) {
      EXAMPLES.subList(0, 37).forEach(adapter::offer);
      adapter.offer(TrainerConfigs.example(99, new int[] {11, 12}, "a fourth label"));
      for (Map.Entry<String, byte[]> section : adapter.checkpoint().entrySet()) {
        zip.putNextEntry(new ZipEntry(section.getKey()));
        zip.write(section.getValue());
      }
    }
  }

  private static SortedMap<String, byte[]> recorded() throws IOException {
    SortedMap<String, byte[]> sections = new TreeMap<>();
    try (InputStream file = RecordedStateTest.class.getResourceAsStream(RECORDED);
        ZipInputStream zip = new ZipInputStream(Objects.requireNonNull(file, RECORDED))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        sections.put(entry.getName(), zip.readAllBytes());
      }
    }
    return sections;
  }
}
