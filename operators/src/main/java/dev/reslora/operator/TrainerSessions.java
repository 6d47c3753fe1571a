package dev.reslora.operator;

import dev.reslora.nn.Torch;
import dev.reslora.reslora.LoraAdapter;
import dev.reslora.schema.avro.AdapterControl;
import dev.reslora.snapshot.LoraReader;
import dev.reslora.text.LateLabel;
import dev.reslora.text.TokenizedExample;
import dev.reslora.training.AdapterOverrides;
import dev.reslora.training.AdapterTraining;
import dev.reslora.training.Trainer;
import dev.reslora.training.TrainerConfig;
import dev.reslora.training.TrainingEvent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/** The real trainer behind {@link AdapterSessions}. */
record TrainerSessions(Trainer trainer) implements AdapterSessions {

  /**
   * Opens a trainer by its configuration; the subtask's device replaces the configured one.
   *
   * @param startFrom directory of the LoRA adapter that new adapters begin with, if any
   */
  record Opening(TrainerConfig config, @Nullable String startFrom) implements Factory {

    @Override
    public AdapterSessions open(String device) {
      return new TrainerSessions(Trainer.open(config.on(device), start()));
    }

    private @Nullable LoraAdapter start() {
      try {
        return startFrom == null ? null : LoraReader.read(Path.of(startFrom));
      } catch (IOException e) {
        throw new UncheckedIOException("reslora.adapter.start-from: " + e.getMessage(), e);
      }
    }
  }

  @Override
  public String baseModelName() {
    return trainer.baseModelName();
  }

  @Override
  public String baseModelDigest() {
    return trainer.baseModelDigest();
  }

  @Override
  public int arrays() {
    return Torch.arrays();
  }

  @Override
  public AdapterSession create(String adapterId, AdapterOverrides overrides) {
    return new Session(trainer.create(adapterId, overrides));
  }

  @Override
  public AdapterSession restore(String adapterId, SortedMap<String, byte[]> sections) {
    return new Session(trainer.restore(adapterId, sections));
  }

  @Override
  public List<List<TrainingEvent>> trainTogether(List<AdapterSession> due) {
    return AdapterTraining.trainTogether(
        due.stream().map(each -> ((Session) each).training).toList());
  }

  @Override
  public void close() {
    trainer.close();
  }

  private record Session(AdapterTraining training) implements AdapterSession {

    @Override
    public List<TrainingEvent> offer(TokenizedExample example) {
      return training.offer(example);
    }

    @Override
    public List<TrainingEvent> offer(LateLabel label) {
      return training.offer(label);
    }

    @Override
    public List<TrainingEvent> obey(AdapterControl control) {
      return training.obey(control);
    }

    @Override
    public long dueTokens() {
      return training.dueTokens();
    }

    @Override
    public boolean changed() {
      return training.changed();
    }

    @Override
    public SortedMap<String, byte[]> checkpoint() {
      return training.checkpoint();
    }

    @Override
    public long bytes() {
      return training.bytes();
    }

    @Override
    public long heapBytes() {
      return training.heapBytes();
    }

    @Override
    public void close() {
      training.close();
    }
  }
}
