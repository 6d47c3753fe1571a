package dev.reslora.pipeline.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.pipeline.bench.GuardTrial.Result;
import dev.reslora.pipeline.bench.GuardTrial.Tested;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GuardChartsTest {

  @TempDir Path directory;

  @Test
  void everyTrialHasAColourAndALineOfItsOwn() throws IOException {
    Map<String, List<Result>> results = new LinkedHashMap<>();
    for (GuardTrial trial : GuardTrial.ALL) {
      results.put(trial.name(), List.of(result(0.5 + 0.05 * results.size())));
    }
    new GuardCharts(directory, 240, 1).draw("abrupt", results);
    String svg = Files.readString(directory.resolve("guards-abrupt.svg"));
    assertThat(found("stroke:(rgb\\([0-9,]+\\));stroke-width:2.5;", svg)).hasSize(8);
    assertThat(found("stroke-width:2.5;[^\"]*;stroke-dasharray:([0-9,]+)", svg))
        .as("all but the whole line of guarded")
        .hasSize(7);
  }

  private static Set<String> found(String pattern, String text) {
    Set<String> found = new TreeSet<>();
    Matcher matcher = Pattern.compile(pattern).matcher(text);
    while (matcher.find()) {
      found.add(matcher.group(1));
    }
    return found;
  }

  private static Result result(double accuracy) {
    List<Tested> tested = new ArrayList<>();
    for (int at = 1; at <= 240; at++) {
      tested.add(new Tested(at, accuracy));
    }
    return new Result(tested, List.of(), accuracy, accuracy, List.of(), List.of(), 0, 0, 1);
  }
}
