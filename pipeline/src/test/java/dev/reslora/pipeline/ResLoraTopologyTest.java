package dev.reslora.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamGraph;
import org.apache.flink.streaming.api.graph.StreamNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ResLoraTopologyTest {

  @Test
  void buildsTheStagesInTheOrderOfTheDocumentation() {
    assertThat(graph(Delivery.EXACTLY_ONCE).getStreamNodes())
        .extracting(StreamNode::getTransformationUID)
        .contains("decode", "route-rejected", "tokenize", "train", "publish")
        .contains("snapshots-sink", "metrics-sink", "rejected-sink");
  }

  @ParameterizedTest
  @EnumSource(Delivery.class)
  void givesEveryOperatorAUid(Delivery delivery) {
    assertThat(graph(delivery).getStreamNodes())
        .allSatisfy(
            node -> assertThat(node.getTransformationUID()).as(node.toString()).isNotNull());
  }

  /** Kryo is off, so a graph whose edges have serializers has none of its. */
  @ParameterizedTest
  @EnumSource(Delivery.class)
  void sendsNoRecordByKryo(Delivery delivery) {
    StreamExecutionEnvironment environment = environment(delivery);
    ResLoraTopology.build(environment, config(delivery));

    assertThat(environment.getConfig().getSerializerConfig().hasGenericTypesDisabled()).isTrue();
    assertThat(environment.getStreamGraph().getStreamNodes()).isNotEmpty();
    assertThatThrownBy(
            () ->
                TypeInformation.of(Optional.class)
                    .createSerializer(environment.getConfig().getSerializerConfig()))
        .isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  void keepsPublishingOnTheTrainingSubtask() {
    StreamGraph graph = graph(Delivery.EXACTLY_ONCE);
    StreamNode publish =
        graph.getStreamNodes().stream()
            .filter(node -> "publish".equals(node.getTransformationUID()))
            .findFirst()
            .orElseThrow();

    assertThat(publish.getInEdges())
        .singleElement()
        .satisfies(edge -> assertThat(edge.getPartitioner().toString()).isEqualTo("FORWARD"));
  }

  private static StreamGraph graph(Delivery delivery) {
    StreamExecutionEnvironment environment = environment(delivery);
    ResLoraTopology.build(environment, config(delivery));
    return environment.getStreamGraph();
  }

  private static StreamExecutionEnvironment environment(Delivery delivery) {
    return StreamExecutionEnvironment.createLocalEnvironment(FlinkSettings.of(config(delivery)));
  }

  private static JobConfig config(Delivery delivery) {
    List<String> words = new ArrayList<>(JobConfigTest.REQUIRED);
    words.add("reslora.delivery.mode=" + delivery.label());
    words.add("reslora.job.parallelism=2");
    return ConfigSource.load(null, words);
  }
}
