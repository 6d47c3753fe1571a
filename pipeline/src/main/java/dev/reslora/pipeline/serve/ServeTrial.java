package dev.reslora.pipeline.serve;

import dev.reslora.model.BaseModel;
import dev.reslora.model.Digests;
import dev.reslora.nn.Projection;
import dev.reslora.pipeline.http.Patience;
import dev.reslora.reslora.ClassifierHead;
import dev.reslora.reslora.MergedAdapter;
import dev.reslora.reslora.MergedFactor;
import dev.reslora.schema.avro.MergeFidelity;
import dev.reslora.schema.avro.SnapshotManifest;
import dev.reslora.serving.DynamicBatcher;
import dev.reslora.serving.ServedModel;
import dev.reslora.snapshot.ChainHead;
import dev.reslora.snapshot.Continuity;
import dev.reslora.snapshot.PeftLayout;
import dev.reslora.snapshot.PublishedVersion;
import dev.reslora.snapshot.Snapshot;
import dev.reslora.snapshot.Transit;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/**
 * Requests against a server in this process over the loopback interface: clients that each ask
 * again as soon as they are answered, one text a request. The adapter is random; its values cost no
 * time.
 */
public final class ServeTrial implements AutoCloseable {

  private static final String ADAPTER = "trial";
  private static final int RANK = 8;
  private static final int LABELS = 9;

  private final AdapterServer server;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final List<HttpRequest> requests;

  /**
   * What came of a round.
   *
   * @param perSecond answers
   * @param millis of each request
   */
  public record Round(double perSecond, List<Double> millis) {}

  private ServeTrial(AdapterServer server, List<HttpRequest> requests) {
    this.server = server;
    this.requests = requests;
  }

  /**
   * Starts a server with an adapter on query and value of every layer.
   *
   * @param directory of the base model
   * @param model the same, open; outlives the trial
   * @param bodies asked in turn
   */
  public static ServeTrial start(
      Path directory, ServedModel model, DynamicBatcher.Limits limits, List<String> bodies)
      throws IOException {
    AdapterServer server =
        AdapterServer.start(
            new ServeConfig("127.0.0.1", 0, 1 << 20, 64, 1, limits, Patience.USUAL), model);
    server.listener().published(version(directory, model));
    URI uri =
        URI.create(
            "http://127.0.0.1:%d/v1/adapters/%s/classify"
                .formatted(server.address().getPort(), ADAPTER));
    return new ServeTrial(
        server,
        bodies.stream()
            .map(body -> HttpRequest.newBuilder(uri).POST(BodyPublishers.ofString(body)).build())
            .toList());
  }

  private static PublishedVersion version(Path directory, ServedModel model) throws IOException {
    SortedMap<String, byte[]> files =
        PeftLayout.write(adapter(directory), ADAPTER, model.baseModelDigest());
    SnapshotManifest.Builder facts =
        SnapshotManifest.newBuilder()
            .setAdapterId(ADAPTER)
            .setBaseModel(ADAPTER)
            .setBaseModelDigest(model.baseModelDigest())
            .setConfigDigest(Digests.hex(new byte[0]))
            .setCodeVersion(ADAPTER)
            .setStep(1)
            .setTotalExamples(1)
            .setExamplesTrained(1)
            .setExamplesSkipped(0)
            .setOffsets(List.of())
            .setEventTime(Instant.EPOCH)
            .setTrigger(ADAPTER)
            .setShortcut("none")
            .setLabels(List.of())
            .setFidelity(new MergeFidelity("exact", 0, 0, 0.0, 1.0, 0.0, 0.0));
    Snapshot snapshot = ChainHead.NONE.next(Snapshot.candidate(facts, files));
    return new PublishedVersion(snapshot.manifest(), files, Continuity.GENESIS, Transit.UNKNOWN);
  }

  private static MergedAdapter adapter(Path directory) throws IOException {
    Random random = new Random(1);
    try (BaseModel base = BaseModel.open(directory, "cpu", new BaseModel.Variant(false, false))) {
      List<MergedFactor> factors = new ArrayList<>();
      for (Projection to : base.projections()) {
        if (to.module().endsWith("query") || to.module().endsWith("value")) {
          float[] a = floats(RANK * to.in(), random);
          float[] b = floats(to.out() * RANK, random);
          factors.add(new MergedFactor(to.module(), RANK, to.in(), to.out(), a, b));
        }
      }
      List<String> labels = IntStream.range(0, LABELS).mapToObj(n -> "label " + n).toList();
      int hidden = base.config().hidden();
      return new MergedAdapter(
          factors,
          new ClassifierHead(
              labels, "mean", hidden, floats(LABELS * hidden, random), new float[LABELS]));
    }
  }

  private static float[] floats(int length, Random random) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) (0.02 * random.nextGaussian());
    }
    return values;
  }

  /** Asks for a while. */
  public Round ask(int clients, Duration time) throws InterruptedException, IOException {
    AtomicInteger next = new AtomicInteger();
    long before = System.nanoTime();
    long end = before + time.toNanos();
    ExecutorService pool = Executors.newFixedThreadPool(clients);
    try {
      List<Future<List<Double>>> asking = new ArrayList<>();
      for (int c = 0; c < clients; c++) {
        asking.add(pool.submit(() -> ask(next, end)));
      }
      List<Double> millis = new ArrayList<>();
      for (Future<List<Double>> each : asking) {
        millis.addAll(each.get());
      }
      return new Round(1e9 * millis.size() / (System.nanoTime() - before), millis);
    } catch (ExecutionException e) {
      throw new IOException("a request failed: " + e.getCause(), e);
    } finally {
      pool.shutdownNow();
    }
  }

  private List<Double> ask(AtomicInteger next, long end) throws IOException, InterruptedException {
    List<Double> millis = new ArrayList<>();
    do {
      HttpRequest request = requests.get(Math.floorMod(next.getAndIncrement(), requests.size()));
      long before = System.nanoTime();
      HttpResponse<String> response = http.send(request, BodyHandlers.ofString());
      millis.add((System.nanoTime() - before) / 1e6);
      if (response.statusCode() != 200) {
        throw new IOException("expected an answer, found " + response.body());
      }
    } while (System.nanoTime() < end);
    return millis;
  }

  @Override
  public void close() {
    server.close();
  }
}
