package dev.reslora.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.reslora.model.TestModels;
import dev.reslora.serving.ServedModel.Answer;
import dev.reslora.serving.ServedVersion.Lease;
import dev.reslora.snapshot.SnapshotAssembler;
import dev.reslora.text.TokenizedText;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DynamicBatcherTest {

  /** A request alone never goes: a batch is full, or the batcher closes. */
  private static final Duration FOREVER = Duration.ofHours(1);

  private final List<String> batches = Collections.synchronizedList(new ArrayList<>());
  private final List<DynamicBatcher> started = new ArrayList<>();
  private ServedModel model;
  private ServedAdapters served;
  private SnapshotAssembler topic;
  private TestVersions mail;

  @BeforeEach
  void open() throws IOException {
    model = ServedModel.open(TestModels.tiny(), "cpu");
    served = new ServedAdapters(model, 1, version -> {});
    topic = TestVersions.assembler(served);
    mail = new TestVersions("mail", model.baseModelDigest());
    TestVersions.feed(topic, mail.next());
    TestVersions.feed(topic, new TestVersions("news", model.baseModelDigest()).next());
  }

  @AfterEach
  void close() {
    started.forEach(DynamicBatcher::close);
    served.close();
    model.close();
  }

  private DynamicBatcher start(int requests, int tokens, Duration delay) {
    DynamicBatcher batcher =
        DynamicBatcher.start(
            new DynamicBatcher.Limits(requests, tokens, delay, 1),
            (count, size, time) -> batches.add(count + " of " + size + " tokens"));
    started.add(batcher);
    return batcher;
  }

  /** Four tokens with the two special ones. */
  private TokenizedText text() {
    return model.encode("a b", null);
  }

  private CompletableFuture<List<Answer>> submit(DynamicBatcher batcher, String id, int texts)
      throws OverloadedException {
    Lease lease = served.lease(id).orElseThrow();
    return batcher.submit(lease, Collections.nCopies(texts, text()));
  }

  private static List<String> labels(CompletableFuture<List<Answer>> answer) throws Exception {
    return answer.get(60, TimeUnit.SECONDS).stream().map(Answer::label).toList();
  }

  @Test
  void batchesWhatIsForOneVersionUpToItsTokens() throws Exception {
    DynamicBatcher batcher = start(8, 12, FOREVER);
    CompletableFuture<List<Answer>> first = submit(batcher, "mail", 1);
    CompletableFuture<List<Answer>> other = submit(batcher, "news", 1);
    CompletableFuture<List<Answer>> second = submit(batcher, "mail", 2);
    assertThat(labels(first)).containsExactly("mail-v1");
    assertThat(labels(second)).containsExactly("mail-v1", "mail-v1");
    assertThat(other).isNotDone();
    batcher.close();
    assertThat(labels(other)).containsExactly("news-v1");
    assertThat(batches).containsExactly("2 of 12 tokens", "1 of 4 tokens");
  }

  @Test
  void answersARequestWhenItHasWaitedItsTime() throws Exception {
    DynamicBatcher batcher = start(8, 1000, Duration.ofMillis(1));
    assertThat(labels(submit(batcher, "mail", 1))).containsExactly("mail-v1");
  }

  @Test
  void cutsARequestThatIsLongerThanAPass() throws Exception {
    DynamicBatcher batcher = start(8, 6, FOREVER);
    assertThat(labels(submit(batcher, "mail", 3))).containsExactly("mail-v1", "mail-v1", "mail-v1");
    assertThat(batches).containsExactly("1 of 12 tokens");
  }

  @Test
  void refusesMoreThanItLetsInAndSaysWhenToComeAgain() throws Exception {
    DynamicBatcher batcher = start(2, 1000, FOREVER);
    CompletableFuture<List<Answer>> first = submit(batcher, "mail", 1);
    CompletableFuture<List<Answer>> second = submit(batcher, "mail", 1);
    assertThatThrownBy(() -> submit(batcher, "mail", 1))
        .isInstanceOfSatisfying(
            OverloadedException.class,
            e -> assertThat(e.retryAfter()).isEqualTo(Duration.ofSeconds(1)))
        .hasMessage("there are 2 requests already");
    assertThat(batcher.requests()).isEqualTo(2);
    batcher.close();
    assertThat(labels(first)).isEqualTo(labels(second)).containsExactly("mail-v1");
    assertThat(batcher.requests()).isZero();
  }

  @Test
  void answersWithTheVersionThatARequestHolds() throws Exception {
    DynamicBatcher batcher = start(8, 1000, FOREVER);
    CompletableFuture<List<Answer>> before = submit(batcher, "mail", 1);
    ServedVersion old;
    try (Lease lease = served.lease("mail").orElseThrow()) {
      old = lease.version();
    }
    TestVersions.feed(topic, mail.next());
    CompletableFuture<List<Answer>> after = submit(batcher, "mail", 1);
    batcher.close();
    assertThat(labels(before)).containsExactly("mail-v1");
    assertThat(labels(after)).containsExactly("mail-v2");
    assertThat(old.retain()).as("the old version's tensors").isFalse();
  }

  @Test
  void failsTheRequestsOfABatchThatFailsAndGoesOn() throws Exception {
    DynamicBatcher batcher = start(8, 4, FOREVER);
    TokenizedText broken = new TokenizedText(new int[] {1, 2, 3, 1_000_000}, new int[4], 2, false);
    CompletableFuture<List<Answer>> failing =
        batcher.submit(served.lease("mail").orElseThrow(), List.of(broken));
    assertThatThrownBy(() -> failing.get(60, TimeUnit.SECONDS)).hasMessageContaining("index");
    assertThat(labels(submit(batcher, "mail", 1))).containsExactly("mail-v1");
  }

  @Test
  void refusesLimitsThatLetNothingIn() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new DynamicBatcher.Limits(0, 1, FOREVER, 1))
        .withMessage("requests: expected at least 1, found 0");
  }
}
