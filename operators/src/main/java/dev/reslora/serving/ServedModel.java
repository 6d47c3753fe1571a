package dev.reslora.serving;

import ai.djl.ndarray.NDManager;
import dev.reslora.model.BaseModel;
import dev.reslora.model.LlamaBase;
import dev.reslora.model.PackedBatch;
import dev.reslora.nn.Torch;
import dev.reslora.reslora.ClassifierHead;
import dev.reslora.reslora.MergedAdapter;
import dev.reslora.reslora.PlainAdapter;
import dev.reslora.text.TokenizedText;
import dev.reslora.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A base model that answers through any number of merged adapters. Safe for any number of threads.
 */
public final class ServedModel implements AutoCloseable {

  private final Path directory;
  private final String device;
  private final Tokenizer tokenizer;
  private final BaseModel mean;
  private @Nullable BaseModel cls;

  private ServedModel(Path directory, String device, BaseModel mean, Tokenizer tokenizer) {
    this.directory = directory;
    this.device = device;
    this.mean = mean;
    this.tokenizer = tokenizer;
  }

  /**
   * Opens a base model to serve with.
   *
   * @param directory Hugging Face directory
   * @param device cpu, or cuda:0, ...
   * @throws IOException when the directory is not a model of a family that is known
   */
  public static ServedModel open(Path directory, String device) throws IOException {
    BaseModel mean = BaseModel.open(directory, device, new BaseModel.Variant(false, false));
    try {
      Tokenizer tokenizer =
          mean.config().generates()
              ? Tokenizer.open(directory)
              : Tokenizer.open(directory, mean.config().maxTokens());
      return new ServedModel(directory, device, mean, tokenizer);
    } catch (IOException | RuntimeException e) {
      mean.close();
      throw e;
    }
  }

  /** SHA-256, hex, of the base model; a version for another is not to be loaded. */
  public String baseModelDigest() {
    return mean.digest();
  }

  /**
   * Puts an adapter on the device.
   *
   * @throws IllegalArgumentException when it has no classifier and the base model is an encoder, or
   *     has one and it is not, or it does not fit the base model
   * @throws IOException when the base model cannot be read again for an adapter of other pooling
   */
  public LoadedAdapter load(MergedAdapter adapter) throws IOException {
    ClassifierHead head = adapter.head();
    if (head == null != mean.config().generates()) {
      throw new IllegalArgumentException(
          head == null
              ? "adapter: expected a classifier's head, found none"
              : "adapter: expected none for a language model, found a classifier's head");
    }
    return loaded(head == null ? mean : base(head.pooling()), adapter);
  }

  /**
   * The base model alone, of a language model.
   *
   * @throws IllegalArgumentException when it is an encoder, which needs a classifier
   */
  public LoadedAdapter frozen() {
    if (!mean.config().generates()) {
      throw new IllegalArgumentException(
          "expected a language model, found an encoder, which answers with an adapter's classifier");
    }
    return loaded(mean, new MergedAdapter(List.of(), null));
  }

  private LoadedAdapter loaded(BaseModel base, MergedAdapter adapter) {
    PlainAdapter plain =
        PlainAdapter.of(
            base.manager(), adapter, base.projections(), base.pooled(), base.config().hidden());
    return new LoadedAdapter(base, plain, adapter.head());
  }

  /** The base for a pooling: with cls the last layer is computed for first tokens alone. */
  private synchronized BaseModel base(String pooling) throws IOException {
    if (pooling.equals("mean")) {
      return mean;
    }
    if (!pooling.equals("cls")) {
      throw new IllegalArgumentException(
          "adapter: pooling: expected cls or mean, found " + pooling);
    }
    BaseModel open = cls;
    if (open == null) {
      open = BaseModel.open(directory, device, new BaseModel.Variant(true, false));
      cls = open;
    }
    return open;
  }

  /**
   * A text as this model reads it; one that is too long is cut.
   *
   * @param pair a second text that is read together with the first
   */
  public TokenizedText encode(String text, @Nullable String pair) {
    return pair == null ? tokenizer.encode(text) : tokenizer.encode(text, pair);
  }

  /**
   * What an adapter makes of a text.
   *
   * @param label the likeliest
   * @param labels the head's, in its order
   * @param probabilities of the labels, in the same order
   * @param embedding the pooled vector that the head reads
   */
  public record Answer(
      String label, List<String> labels, float[] probabilities, float[] embedding) {}

  /** An adapter on the device. Answers until closed; close it when no request is in flight. */
  public final class LoadedAdapter implements AutoCloseable {

    private final BaseModel base;
    private final PlainAdapter plain;
    private final @Nullable ClassifierHead head;

    private LoadedAdapter(BaseModel base, PlainAdapter plain, @Nullable ClassifierHead head) {
      this.base = base;
      this.plain = plain;
      this.head = head;
    }

    /** Whether it has no classifier, for it is a language model's. */
    boolean completes() {
      return head == null;
    }

    /**
     * Goes on with a text, piece by piece, see {@link Completions#complete}.
     *
     * @throws IllegalStateException when the base model is an encoder
     */
    public Completions.Completion complete(Completions.Request request, Consumer<String> parts) {
      return completions().complete(plain.live(), request, parts);
    }

    /**
     * How likely texts are to go on with a prompt, see {@link Completions#logLikelihoods}.
     *
     * @throws IllegalStateException when the base model is an encoder
     */
    public double[] logLikelihoods(String prompt, List<String> endings) {
      return completions().logLikelihoods(plain.live(), prompt, endings);
    }

    private Completions completions() {
      if (!(base instanceof LlamaBase llama)) {
        throw new IllegalStateException("an encoder classifies, it completes nothing");
      }
      return new Completions(llama, tokenizer);
    }

    /** Answers texts, in order; a text that is too long is cut. */
    public List<Answer> classify(List<String> texts) {
      return answer(texts.stream().map(text -> encode(text, null)).toList());
    }

    /**
     * Answers texts, in order, in one forward pass.
     *
     * @throws IllegalStateException when the base model is a language model
     */
    public List<Answer> answer(List<TokenizedText> texts) {
      ClassifierHead head = this.head;
      if (head == null) {
        throw new IllegalStateException("a language model completes, it classifies nothing");
      }
      List<PackedBatch.Sequence> sequences = new ArrayList<>();
      for (TokenizedText text : texts) {
        sequences.add(new PackedBatch.Sequence(text.tokens(), text.segments()));
      }
      try (NDManager scope = base.manager().newSubManager()) {
        PackedBatch batch = base.pack(scope, sequences);
        BaseModel.Inference inference = base.infer(scope, batch, plain.live());
        float[] logits = Torch.floats(inference.logits());
        float[] pooled = Torch.floats(inference.pooled());
        int width = pooled.length / texts.size();
        Answer[] answers = new Answer[texts.size()];
        for (int i = 0; i < answers.length; i++) {
          float[] embedding = Arrays.copyOfRange(pooled, i * width, (i + 1) * width);
          answers[batch.order()[i]] = answer(head, logits, i, embedding);
        }
        return List.of(answers);
      }
    }

    private static Answer answer(ClassifierHead head, float[] logits, int row, float[] embedding) {
      int count = head.labels().size();
      float[] probabilities = new float[count];
      double max = Double.NEGATIVE_INFINITY;
      int best = 0;
      for (int c = 0; c < count; c++) {
        double logit = logits[row * count + c];
        best = logit > max ? c : best;
        max = Math.max(max, logit);
      }
      double sum = 0;
      for (int c = 0; c < count; c++) {
        sum += Math.exp(logits[row * count + c] - max);
      }
      for (int c = 0; c < count; c++) {
        probabilities[c] = (float) (Math.exp(logits[row * count + c] - max) / sum);
      }
      return new Answer(head.labels().get(best), head.labels(), probabilities, embedding);
    }

    @Override
    public void close() {
      plain.close();
    }
  }

  @Override
  public synchronized void close() {
    tokenizer.close();
    mean.close();
    BaseModel other = cls;
    if (other != null) {
      other.close();
    }
  }
}
