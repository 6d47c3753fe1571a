package dev.reslora.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.pipeline.local.BrokerExtension;
import dev.reslora.pipeline.local.LocalBroker;
import dev.reslora.pipeline.local.TopicPlan;
import java.io.BufferedReader;
import java.io.PipedReader;
import java.io.PipedWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(BrokerExtension.class)
class WatchITCase {

  @Test
  void saysWhichTopicsItWaitsFor(LocalBroker broker) throws Exception {
    String metrics = BrokerExtension.topic("metrics");
    broker.createTopics(List.of(new TopicPlan(metrics, 1)));
    PipedWriter err = new PipedWriter();
    BufferedReader lines = new BufferedReader(new PipedReader(err));
    StringWriter out = new StringWriter();
    RunningCommand command =
        RunningCommand.start(
            out,
            err,
            "watch",
            "--bootstrap-servers",
            broker.bootstrapServers(),
            "--port",
            "0",
            "--metrics",
            metrics,
            "--snapshots",
            "none-snapshots",
            "--rejected",
            "none-rejected");
    assertThat(lines.readLine())
        .isEqualTo("not there yet, and waited for: topic none-rejected, none-snapshots");
    assertThat(command.stop()).isZero();
    assertThat(out.toString()).contains("live page at http://127.0.0.1:");
  }
}
