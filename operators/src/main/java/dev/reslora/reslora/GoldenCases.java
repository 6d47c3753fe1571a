package dev.reslora.reslora;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.reslora.nn.Kernel;
import dev.reslora.nn.Torch;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Runs golden cases through the code that trains and merges: forward, backward, dropout masks,
 * merges and AdamW. Format: manifest.json names the files and each group's tolerance; |got -
 * expected| <= absolute + relative |expected|.
 */
public final class GoldenCases {

  private GoldenCases() {}

  /**
   * What came of a group.
   *
   * @param cases how many
   * @param worst largest share of the tolerance that any number used; above 1 it failed
   * @param where the case and field of the worst
   * @param failures a line for each field beyond its tolerance
   */
  public record Group(String name, int cases, double worst, String where, List<String> failures) {}

  /**
   * Runs every case of a directory.
   *
   * @param device cpu, or cuda:0, ...
   * @throws IOException when a file is missing or not JSON
   */
  public static List<Group> run(Path directory, String device) throws IOException {
    ObjectMapper json = new ObjectMapper();
    JsonNode manifest = json.readTree(directory.resolve("manifest.json").toFile());
    List<Group> groups = new ArrayList<>();
    try (NDManager manager = Torch.manager(device);
        Kernel kernel = Kernel.load(manager, "reslora", "stack", "merge")) {
      for (JsonNode entry : manifest.path("files")) {
        String name = entry.path("group").asText();
        GoldenScore score = new GoldenScore(manifest.path("tolerance"), name);
        JsonNode file = json.readTree(directory.resolve(entry.path("file").asText()).toFile());
        for (JsonNode node : file.path("cases")) {
          try (NDManager scope = manager.newSubManager()) {
            run(new GoldenCase(node), name, kernel, scope, score);
          }
        }
        groups.add(score.group());
      }
    }
    return groups;
  }

  private static void run(
      GoldenCase golden, String group, Kernel kernel, NDManager scope, GoldenScore score) {
    score.begin(golden);
    switch (group) {
      case "forward-backward", "mask" -> gradients(golden, kernel, scope, score);
      case "merge" -> new GoldenMerge(golden, kernel, scope, score).run();
      case "trajectory" -> trajectory(golden, kernel, scope, score);
      default -> score.fail("unknown group " + group);
    }
  }

  private static void gradients(
      GoldenCase golden, Kernel kernel, NDManager scope, GoldenScore score) {
    int layers = golden.layers();
    AdapterShape shape = golden.shape();
    StackModel model = golden.model(kernel, scope);
    List<NDArray> a = golden.tensors(scope, "A.", layers);
    List<NDArray> b = golden.tensors(scope, "B.", layers);
    List<NDArray> masks = golden.masks(scope, shape);
    StackModel.Pass pass = model.forward(scope, golden.rows(scope, "X"), a, b, shape.plan(), masks);
    StackModel.Gradients gradients =
        model.backward(scope, golden.rows(scope, "G"), pass, a, b, shape.plan(), masks);
    for (int n = 0; n < layers; n++) {
      score.check("h." + n, Torch.floats(pass.h().get(n)));
      score.check("gradA." + n, Torch.floats(gradients.a().get(n)));
      score.check("gradB." + n, Torch.floats(gradients.b().get(n)));
    }
    score.check("gradX", Torch.floats(gradients.x()));
    if (golden.shortcut() == Shortcut.BLOCK) {
      List<MergedFactor> exact =
          new Merger(kernel, scope, f -> new float[0], Activations.RIDGE)
              .merge(shape, flat(golden), Merge.EXACT, null);
      for (int n = 0; n < layers; n++) {
        score.check("deltaW." + n, exact.get(n).deltaW());
      }
    }
  }

  /** Five AdamW steps on A and B with the mean squared error. */
  private static void trajectory(
      GoldenCase golden, Kernel kernel, NDManager scope, GoldenScore score) {
    AdapterShape shape = golden.shape();
    StackModel model = golden.model(kernel, scope);
    JsonNode settings = golden.json().path("optimizer");
    AdamW adam =
        new AdamW(
            settings.path("beta1").asDouble(),
            settings.path("beta2").asDouble(),
            settings.path("eps").asDouble(),
            settings.path("weightDecay").asDouble(),
            0);
    double rate = settings.path("lr").asDouble();
    try (AdapterWeights weights =
        AdapterWeights.of(scope, shape, 0, 0, AdapterWeights.Numbers.fresh(flat(golden)))) {
      float[] losses = new float[settings.path("steps").asInt() + 1];
      for (int step = 0; step < losses.length; step++) {
        try (NDManager pass = scope.newSubManager()) {
          losses[step] = descend(golden, model, weights, pass);
        }
        if (step + 1 < losses.length) {
          adam.step(kernel, weights, new AdamW.Rates(rate, rate), step + 1, 1);
        }
      }
      score.check("loss", losses);
      Factors factors = new Factors(shape, weights.copyParams());
      for (int n = 0; n < golden.layers(); n++) {
        score.check("finalA." + n, factors.a(n));
        score.check("finalB." + n, factors.b(n));
      }
    }
  }

  /** Adds the gradient of mean((y - Y)^2) to the weights' and returns the loss. */
  private static float descend(
      GoldenCase golden, StackModel model, AdapterWeights weights, NDManager scope) {
    AdapterShape shape = weights.shape();
    Factors factors = new Factors(shape, weights.copyParams());
    List<NDArray> a = new ArrayList<>();
    List<NDArray> b = new ArrayList<>();
    for (int f = 0; f < factors.count(); f++) {
      a.add(Torch.floats(scope, factors.a(f), factors.rank(), factors.in(f)));
      b.add(Torch.floats(scope, factors.b(f), factors.out(f), factors.rank()));
    }
    StackModel.Pass pass =
        model.forward(scope, golden.rows(scope, "X"), a, b, shape.plan(), List.of());
    float[] g = Torch.floats(pass.output());
    float[] target = golden.numbers("Y");
    double loss = 0;
    for (int i = 0; i < g.length; i++) {
      double error = g[i] - target[i];
      loss += error * error / g.length;
      g[i] = (float) (2 * error / g.length);
    }
    NDArray gradient = Torch.floats(scope, g, pass.output().getShape().getShape());
    StackModel.Gradients gradients =
        model.backward(scope, gradient, pass, a, b, shape.plan(), List.of());
    FloatBuffer grads = FloatBuffer.allocate(shape.plan().size());
    gradients.a().forEach(tensor -> grads.put(Torch.floats(tensor)));
    gradients.b().forEach(tensor -> grads.put(Torch.floats(tensor)));
    weights.sum().addi(Torch.floats(scope, grads.array(), grads.capacity()));
    return (float) loss;
  }

  /** All A, all B. */
  static float[] flat(GoldenCase golden) {
    float[] all = new float[0];
    for (String prefix : List.of("A.", "B.")) {
      for (int n = 0; n < golden.layers(); n++) {
        float[] next = golden.numbers(prefix + n);
        float[] longer = Arrays.copyOf(all, all.length + next.length);
        System.arraycopy(next, 0, longer, all.length, next.length);
        all = longer;
      }
    }
    return all;
  }
}
