package dev.reslora.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

class RootCauseTest {

  @Test
  void goesToTheBottom() {
    IOException bottom = new IOException("no room");
    assertThat(RootCause.of(new ExecutionException(new IllegalStateException(bottom))))
        .isSameAs(bottom);
    assertThat(RootCause.of(bottom)).isSameAs(bottom);
  }

  @Test
  void namesTheTypeOfWhatSaysNothing() {
    assertThat(RootCause.message(new ExecutionException(new IOException("no room"))))
        .isEqualTo("no room");
    assertThat(RootCause.message(new ExecutionException("failed", new IllegalStateException())))
        .isEqualTo("java.lang.IllegalStateException");
  }
}
