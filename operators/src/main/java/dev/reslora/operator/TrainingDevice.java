package dev.reslora.operator;

import java.util.List;
import java.util.Set;
import org.apache.flink.api.common.externalresource.ExternalResourceInfo;
import org.apache.flink.api.common.functions.RuntimeContext;

/** Which device a subtask trains on. */
final class TrainingDevice {

  private static final String AUTO = "auto";
  private static final String RESOURCE = "gpu";

  private TrainingDevice() {}

  /**
   * A configured device as it is; for auto, one of the task manager's GPUs, or the CPU where it has
   * none. Flink tells all GPUs of the task manager, not the slot's, so subtasks take turns.
   */
  static String choose(String configured, RuntimeContext context) {
    if (!configured.equals(AUTO)) {
      return configured;
    }
    List<String> indexes = indexes(context.getExternalResourceInfos(RESOURCE));
    return indexes.isEmpty()
        ? "cpu"
        : "cuda:" + indexes.get(context.getTaskInfo().getIndexOfThisSubtask() % indexes.size());
  }

  private static List<String> indexes(Set<ExternalResourceInfo> infos) {
    return infos.stream().flatMap(info -> info.getProperty("index").stream()).sorted().toList();
  }
}
