package dev.reslora.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.reslora.model.TestModels;
import dev.reslora.schema.WireConfig;
import dev.reslora.schema.avro.SnapshotAnnouncement;
import dev.reslora.serving.ServedVersion.Lease;
import dev.reslora.snapshot.AnnouncementWriter;
import dev.reslora.snapshot.PublishedVersion;
import dev.reslora.snapshot.RefusedVersion;
import dev.reslora.snapshot.ServingRecord;
import dev.reslora.snapshot.SnapshotAssembler;
import dev.reslora.snapshot.SnapshotListener;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ServedAdaptersTest {

  private final List<String> told = new ArrayList<>();
  private ServedModel model;
  private ServedAdapters served;
  private SnapshotAssembler topic;
  private TestVersions mail;

  private final SnapshotListener observer =
      new SnapshotListener() {
        @Override
        public void published(PublishedVersion version) {
          told.add("published " + version.adapterId() + " " + version.version());
        }

        @Override
        public void refused(RefusedVersion refusal) {
          told.add("refused " + refusal.version() + " " + refusal.reason());
        }

        @Override
        public void announced(SnapshotAnnouncement announcement) {
          told.add("announced " + announcement.getVersion());
        }

        @Override
        public void retired(String adapterId, long version) {
          told.add("retired " + adapterId + " " + version);
        }

        @Override
        public void retired(String adapterId) {
          told.add("retired " + adapterId);
        }
      };

  @BeforeEach
  void open() throws IOException {
    model = ServedModel.open(TestModels.tiny(), "cpu");
    served = new ServedAdapters(model, 2, observer);
    topic = TestVersions.assembler(served);
    mail = new TestVersions("mail", model.baseModelDigest());
  }

  @AfterEach
  void close() {
    served.close();
    model.close();
  }

  private String answer(ServedVersion version) {
    return version.answer(List.of(model.encode("a b", null))).get(0).label();
  }

  @Test
  void answersWithTheNewestAndKeepsAsManyAsItWasTold() {
    assertThat(served.lease("mail")).isEmpty();
    for (int i = 0; i < 3; i++) {
      TestVersions.feed(topic, mail.next());
    }
    try (Lease newest = served.lease("mail").orElseThrow();
        Lease older = served.lease("mail", 2).orElseThrow()) {
      assertThat(answer(newest.version())).isEqualTo("mail-v3");
      assertThat(answer(older.version())).isEqualTo("mail-v2");
    }
    assertThat(served.lease("mail", 1)).isEmpty();
    assertThat(served.manifests().get("mail")).hasSize(2);
    assertThat(told).containsExactly("published mail 1", "published mail 2", "published mail 3");
  }

  private String current() {
    try (Lease lease = served.lease("mail").orElseThrow()) {
      return answer(lease.version());
    }
  }

  private void announce(List<ServingRecord> version, boolean pinned) throws IOException {
    ServingRecord manifest = version.get(version.size() - 1);
    TestVersions.feed(
        topic,
        List.of(
            new AnnouncementWriter(WireConfig.SINGLE_OBJECT, "model-snapshots")
                .write(
                    new SnapshotAnnouncement(
                        "mail",
                        manifest.version(),
                        manifest.attributes().getOrDefault("ce_id", ""),
                        pinned,
                        Instant.EPOCH,
                        "a test"))));
  }

  @Test
  void servesWhatIsAnnouncedUntilTheNextVersionOrWhilePinned() throws IOException {
    List<ServingRecord> first = mail.next();
    TestVersions.feed(topic, first);
    TestVersions.feed(topic, mail.next());
    announce(first, false);
    assertThat(current()).isEqualTo("mail-v1");
    List<ServingRecord> third = mail.next();
    TestVersions.feed(topic, third);
    assertThat(current()).isEqualTo("mail-v3");
    announce(third, true);
    TestVersions.feed(topic, mail.next());
    TestVersions.feed(topic, mail.next());
    assertThat(current()).isEqualTo("mail-v3");
    try (Lease newest = served.lease("mail", 5).orElseThrow()) {
      assertThat(answer(newest.version())).isEqualTo("mail-v5");
    }
    announce(first, false);
    assertThat(told).last().isEqualTo("refused 1 NOT_SERVABLE");
    assertThat(current()).isEqualTo("mail-v3");
    topic.accept("mail#3".getBytes(StandardCharsets.UTF_8), null);
    assertThat(current()).isEqualTo("mail-v5");
    assertThat(told).last().isEqualTo("retired mail 3");
  }

  @Test
  void keepsAVersionForTheRequestThatHoldsIt() {
    TestVersions.feed(topic, mail.next());
    try (Lease held = served.lease("mail").orElseThrow()) {
      for (int i = 0; i < 3; i++) {
        TestVersions.feed(topic, mail.next());
      }
      assertThat(answer(held.version())).isEqualTo("mail-v1");
      assertThat(held.version().retain()).isTrue();
      held.version().release();
    }
  }

  @Test
  void freesAVersionAfterItsLastRequest() {
    TestVersions.feed(topic, mail.next());
    Lease held = served.lease("mail").orElseThrow();
    served.retired("mail");
    assertThat(answer(held.version())).isEqualTo("mail-v1");
    held.close();
    assertThat(held.version().retain()).isFalse();
    assertThat(served.lease("mail")).isEmpty();
    assertThat(told).containsExactly("published mail 1", "retired mail");
  }

  @Test
  void refusesAVersionForAnotherBaseModelAndGoesOnWithTheOneBefore() {
    TestVersions.feed(topic, mail.next());
    TestVersions.feed(topic, new TestVersions("news", "b".repeat(64)).next());
    assertThat(told).containsExactly("published mail 1", "refused 1 NOT_SERVABLE");
    assertThat(served.manifests()).containsOnlyKeys("mail");
  }

  @Test
  void refusesToKeepNothing() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ServedAdapters(model, 0, observer))
        .withMessage("versions kept: expected at least 1, found 0");
  }
}
