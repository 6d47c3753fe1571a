package dev.reslora.serving.refresh;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.schema.avro.RefreshOutcome;
import dev.reslora.schema.avro.RefreshReport;
import dev.reslora.schema.avro.SnapshotAnnouncement;
import dev.reslora.serving.TestVersions;
import dev.reslora.serving.refresh.FakeServer.Fault;
import dev.reslora.snapshot.PublishedVersion;
import dev.reslora.snapshot.SnapshotAssembler;
import dev.reslora.snapshot.SnapshotListener;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class RefreshAgentTest {

  private static final Duration LONG = Duration.ofHours(1);
  private static final Duration SHORT = Duration.ofMillis(20);

  @TempDir Path directory;

  private final TestVersions mail = new TestVersions("mail", "b".repeat(64));
  private final BlockingQueue<RefreshReport> reports = new LinkedBlockingQueue<>();
  private final List<FakeServer> fakes = new ArrayList<>();
  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : open) {
      each.close();
    }
  }

  private FakeServer fake(ServerKind kind) throws IOException {
    FakeServer fake = new FakeServer(kind);
    fakes.add(fake);
    open.add(fake);
    return fake;
  }

  private RefreshAgent agent(Duration grace, Duration check) throws IOException {
    Path real = directory.toRealPath();
    RefreshAgent agent =
        new RefreshAgent(
            new RefreshConfig("test", real, 2, grace, SHORT, SHORT, check),
            fakes.stream().map(fake -> fake.client(real, Duration.ofSeconds(2))).toList(),
            reports::add);
    // Before the servers, so that it ends first.
    open.add(0, agent);
    return agent;
  }

  private PublishedVersion publish(SnapshotListener agent) {
    List<PublishedVersion> versions = new ArrayList<>();
    SnapshotAssembler assembler = TestVersions.assembler(versions::add);
    TestVersions.feed(assembler, mail.next());
    agent.published(versions.get(0));
    return versions.get(0);
  }

  private RefreshReport report() throws InterruptedException {
    return Objects.requireNonNull(reports.poll(30, TimeUnit.SECONDS), "no report came");
  }

  private static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      Thread.onSpinWait();
    }
  }

  private String link() throws IOException {
    return Files.readSymbolicLink(directory.resolve("mail-current")).toString();
  }

  private Set<String> files() {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).collect(Collectors.toSet());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @EnumSource(ServerKind.class)
  void bringsAVersionIntoServiceAndTakesTheOldOneAway(ServerKind kind) throws Exception {
    FakeServer one = fake(kind);
    FakeServer two = fake(kind);
    RefreshAgent agent = agent(Duration.ZERO, LONG);
    publish(agent);
    agent.begin();
    assertThat(report().getServedAs()).isEqualTo("mail-v1");
    publish(agent);

    RefreshReport report = report();
    assertThat(report.getOutcome()).isEqualTo(RefreshOutcome.SERVED);
    assertThat(report.getServedAs()).isEqualTo("mail-v2");
    assertThat(report.getServers()).hasSize(2).allMatch(name -> name.startsWith(kind.label()));
    assertThat(link()).isEqualTo("mail-v2");
    assertThat(Files.readString(directory.resolve("mail-current.json")))
        .contains("\"version\":2", "\"name\":\"mail-v2\"", report.getDigest());
    String place = directory.toRealPath().resolve("mail-v2").toString();
    for (FakeServer server : List.of(one, two)) {
      if (kind == ServerKind.LORAX) {
        assertThat(server.loaded()).containsEntry(place, place);
      } else {
        await(() -> server.loaded().equals(Map.of("mail-v2", place)));
      }
    }
  }

  @Test
  void bearsTheTokenThatServersAskFor() throws Exception {
    FakeServer server = fake(ServerKind.VLLM);
    server.require("a-token");
    RefreshAgent agent = agent(Duration.ZERO, SHORT);
    publish(agent);
    agent.begin();
    assertThat(report().getOutcome()).isEqualTo(RefreshOutcome.SERVED);
    server.forget();
    await(() -> server.loaded().containsKey("mail-v1"));
    agent.retired("mail");
    await(() -> server.loaded().isEmpty());
  }

  @Test
  void keepsTheOldVersionForTheGracePeriod() throws Exception {
    FakeServer server = fake(ServerKind.VLLM);
    RefreshAgent agent = agent(LONG, LONG);
    publish(agent);
    agent.begin();
    report();
    publish(agent);
    report();
    assertThat(server.loaded()).containsOnlyKeys("mail-v1", "mail-v2");
  }

  @ParameterizedTest
  @EnumSource(
      value = Fault.class,
      names = {"NOT_FOUND", "BROKEN", "SILENT", "STALLED"})
  void stayWithTheOldVersionEverywhereWhileHalfTheReplicasFail(Fault fault) throws Exception {
    FakeServer good = fake(ServerKind.VLLM);
    FakeServer bad = fake(ServerKind.VLLM);
    RefreshAgent agent = agent(Duration.ZERO, LONG);
    publish(agent);
    agent.begin();
    report();
    bad.plant(fault);
    publish(agent);

    RefreshReport failed = report();
    assertThat(failed.getOutcome()).isEqualTo(RefreshOutcome.FAILED);
    assertThat(failed.getServedAs()).isEqualTo("mail-v1");
    assertThat(failed.getMessage()).startsWith("vllm http://127.0.0.1:").doesNotContain(";");
    assertThat(link()).isEqualTo("mail-v1");
    RefreshReport again = report();
    assertThat(again.getOutcome()).isEqualTo(RefreshOutcome.FAILED);
    assertThat(again.getAttempt()).isEqualTo(2);

    bad.plant(Fault.NONE);
    RefreshReport served = report();
    while (served.getOutcome() == RefreshOutcome.FAILED) {
      served = report();
    }
    String name = served.getServedAs();
    assertThat(name).startsWith("mail-v2-r");
    for (FakeServer server : List.of(good, bad)) {
      await(() -> server.loaded().keySet().equals(Set.of(name)));
      assertThat(server.everLoaded()).doesNotHaveDuplicates();
    }
    assertThat(link()).isEqualTo("mail-v2");
  }

  @ParameterizedTest
  @ValueSource(strings = {"mail-v2", ".mail-current.new"})
  void triesAVersionAgainThatCannotBeWrittenDown(String name) throws Exception {
    FakeServer server = fake(ServerKind.VLLM);
    RefreshAgent agent = agent(Duration.ZERO, LONG);
    publish(agent);
    agent.begin();
    report();
    block(name);
    publish(agent);

    RefreshReport failed = report();
    assertThat(failed.getOutcome()).isEqualTo(RefreshOutcome.FAILED);
    assertThat(failed.getVersion()).isEqualTo(2);
    assertThat(failed.getServedAs()).isEqualTo("mail-v1");
    assertThat(failed.getMessage()).contains(name);
    assertThat(report().getAttempt()).isEqualTo(2);

    unblock(name);
    RefreshReport served = report();
    while (served.getOutcome() == RefreshOutcome.FAILED) {
      served = report();
    }
    assertThat(served.getServedVersion()).isEqualTo(2);
    Set<String> names = Set.of(served.getServedAs());
    await(() -> server.loaded().keySet().equals(names));
    assertThat(link()).isEqualTo("mail-v2");
  }

  @Test
  void reportsAndTriesAgainWhileItCannotReadWhatIsInService() throws Exception {
    FakeServer server = fake(ServerKind.VLLM);
    RefreshAgent agent = agent(LONG, LONG);
    publish(agent);
    agent.begin();
    report();
    Path current = directory.resolve("mail-current.json");
    String good = Files.readString(current);
    Files.writeString(current, "{");
    publish(agent);

    RefreshReport failed = report();
    assertThat(failed.getOutcome()).isEqualTo(RefreshOutcome.FAILED);
    assertThat(failed.getMessage()).contains("mail-current.json cannot be read");
    assertThat(failed.getServedAs()).isEmpty();
    assertThat(report().getAttempt()).isEqualTo(2);
    assertThat(server.everLoaded()).containsExactly("mail-v1");

    Files.writeString(current, good);
    RefreshReport served = report();
    while (served.getOutcome() == RefreshOutcome.FAILED) {
      served = report();
    }
    assertThat(served.getServedAs()).isEqualTo("mail-v2");
  }

  /** A recovery of the job may say a version again after the adapter's tombstone. */
  @Test
  void leavesANameThatCameIntoServiceAgainWithinTheGracePeriod() throws Exception {
    FakeServer server = fake(ServerKind.VLLM);
    Duration grace = Duration.ofSeconds(1);
    RefreshAgent agent = agent(grace, LONG);
    PublishedVersion version = publish(agent);
    agent.begin();
    report();
    agent.retired("mail");
    assertThat(report().getOutcome()).isEqualTo(RefreshOutcome.WITHDRAWN);
    long withdrawn = System.nanoTime();
    server.forget();
    agent.published(version);
    assertThat(report().getServedAs()).isEqualTo("mail-v1");
    await(() -> System.nanoTime() - withdrawn > grace.multipliedBy(2).toNanos());
    assertThat(server.loaded()).containsOnlyKeys("mail-v1");
    assertThat(files()).contains("mail-v1");
  }

  @Test
  void goesToAnAnnouncedVersionThatCouldNotBeWrittenWhenItCame() throws Exception {
    fake(ServerKind.VLLM);
    RefreshAgent agent = agent(Duration.ZERO, LONG);
    PublishedVersion first = publish(agent);
    agent.begin();
    report();
    agent.announced(announcement(first, true));
    block("mail-v2");
    PublishedVersion second = publish(agent);
    unblock("mail-v2");
    agent.announced(announcement(second, false));
    assertThat(report().getServedAs()).isEqualTo("mail-v2");
  }

  /** Puts something where the agent writes; removing its rights would not stop root. */
  private void block(String name) throws IOException {
    Files.createDirectories(directory.resolve(name).resolve("in-the-way"));
  }

  private void unblock(String name) throws IOException {
    Files.delete(directory.resolve(name).resolve("in-the-way"));
    // The agent may have been faster.
    Files.deleteIfExists(directory.resolve(name));
  }

  private static SnapshotAnnouncement announcement(PublishedVersion version, boolean pinned) {
    return new SnapshotAnnouncement(
        "mail", version.version(), version.manifest().getDigest(), pinned, Instant.EPOCH, "a test");
  }

  @Test
  void goesBackToAnAnnouncedVersionUnderANewName() throws Exception {
    FakeServer server = fake(ServerKind.SGLANG);
    RefreshAgent agent = agent(Duration.ZERO, LONG);
    PublishedVersion first = publish(agent);
    agent.begin();
    report();
    publish(agent);
    report();
    agent.announced(announcement(first, false));
    assertThat(report().getServedAs()).isEqualTo("mail-v1-r1");
    assertThat(link()).isEqualTo("mail-v1");
    await(() -> server.loaded().size() == 1);
    publish(agent);
    assertThat(report().getServedAs()).isEqualTo("mail-v3");
  }

  @Test
  void skipsVersionsThatOthersOvertook() throws Exception {
    FakeServer server = fake(ServerKind.VLLM);
    RefreshAgent agent = agent(Duration.ZERO, LONG);
    for (int i = 0; i < 4; i++) {
      publish(agent);
    }
    agent.begin();
    assertThat(report().getServedAs()).isEqualTo("mail-v4");
    assertThat(server.everLoaded()).containsExactly("mail-v4");
    // Two are kept; the others go one by one after the report.
    Set<String> kept = Set.of("mail-v3", "mail-v4", "mail-current", "mail-current.json");
    await(() -> files().equals(kept));
  }

  @Test
  void givesAServerThatLostItTheVersionAgainAndTakesWhatIsLeft() throws Exception {
    FakeServer server = fake(ServerKind.DJL);
    RefreshAgent agent = agent(Duration.ZERO, SHORT);
    publish(agent);
    agent.begin();
    report();
    server.forget();
    await(() -> server.loaded().containsKey("mail-v1"));
  }

  @Test
  void goesOnAfterARestartFromWhatIsWrittenDown() throws Exception {
    FakeServer server = fake(ServerKind.VLLM);
    RefreshAgent before = agent(LONG, LONG);
    PublishedVersion version = publish(before);
    before.begin();
    report();
    before.close();

    RefreshAgent after = agent(Duration.ZERO, LONG);
    after.published(version);
    after.begin();
    publish(after);
    assertThat(report().getServedAs()).isEqualTo("mail-v2");
    await(() -> server.loaded().keySet().equals(Set.of("mail-v2")));
    assertThat(server.everLoaded()).containsExactly("mail-v1", "mail-v2");
  }

  @Test
  void takesAnAdapterAwayThatIsGone() throws Exception {
    FakeServer server = fake(ServerKind.VLLM);
    RefreshAgent agent = agent(Duration.ZERO, LONG);
    publish(agent);
    agent.begin();
    report();
    agent.retired("mail");
    assertThat(report().getOutcome()).isEqualTo(RefreshOutcome.WITHDRAWN);
    await(() -> server.loaded().isEmpty());
    await(() -> !Files.exists(directory.resolve("mail-v1")));
    assertThat(directory.resolve("mail-current")).doesNotExist();
  }

  @Test
  void leavesAnAdapterThatBeganAnewInServiceAcrossARestart() throws Exception {
    FakeServer server = fake(ServerKind.VLLM);
    RefreshAgent before = agent(Duration.ZERO, LONG);
    publish(before);
    before.begin();
    report();
    before.retired("mail");
    report();
    await(() -> !files().contains("mail-v1"));
    PublishedVersion anew = publish(before);
    assertThat(report().getServedAs()).isEqualTo("mail-v2");
    await(() -> server.loaded().keySet().equals(Set.of("mail-v2")));
    before.close();

    RefreshAgent after = agent(LONG, LONG);
    after.retired("mail");
    after.published(anew);
    after.begin();
    publish(after);
    RefreshReport next = report();
    assertThat(next.getOutcome()).isEqualTo(RefreshOutcome.SERVED);
    assertThat(next.getServedAs()).isEqualTo("mail-v3");
    assertThat(server.loaded()).containsOnlyKeys("mail-v2", "mail-v3");
    assertThat(server.everLoaded()).containsExactly("mail-v1", "mail-v2", "mail-v3");
  }

  @Test
  void takesAnAdapterAwayThatWentWhileNobodyLooked() throws Exception {
    FakeServer server = fake(ServerKind.VLLM);
    RefreshAgent before = agent(LONG, LONG);
    PublishedVersion version = publish(before);
    before.begin();
    report();
    before.close();

    RefreshAgent after = agent(Duration.ZERO, LONG);
    after.published(version);
    after.retired("mail");
    after.begin();
    assertThat(report().getOutcome()).isEqualTo(RefreshOutcome.WITHDRAWN);
    await(() -> server.loaded().isEmpty());
  }
}
